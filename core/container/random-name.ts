import { randomInt } from "../base/random.ts";
import { present } from "../base/assert.ts";

const adjectives = (
  "agile amber ample apt arctic azure balmy bold brave bright brisk calm candid cheery civil clever cosmic cozy crisp curious "
  + "daring deft dreamy eager early earnest easy fair fearless fleet fluent fond frank fresh gentle glad golden graceful grand "
  + "handy hardy hearty honest humble ideal jolly jovial joyful keen kind lively loyal lucid lucky mellow merry mighty mild modest "
  + "neat nimble noble novel open patient placid playful plucky polite prime proud quick quiet rapid ready regal robust rosy "
  + "serene sharp silent silver sincere sleek smart snug solid spry stable stellar sunny swift tidy tranquil trusty upbeat vivid "
  + "warm wise witty young zesty"
).split(" ");

const surnames = (
  "abel ada allen ampere babbage backus bell berners bohr boole brahe cantor carson cerf chandra church clarke codd cori crick curie "
  + "dalton darwin davy dijkstra dirac edison einstein elion engelbart erdos euclid euler faraday fermat fermi feynman franklin "
  + "galileo galois gauss germain godel goodall hamilton hawking heisenberg herschel hertz hodgkin hooke hopper hubble hypatia "
  + "jemison johnson joule kalam kay keller kepler khorana knuth kowalevski lamport landau laplace leavitt leibniz liskov lovelace "
  + "maxwell mayer mccarthy mclean meitner mendel mirzakhani moore morse nash newton noether ohm pascal pasteur perlman planck "
  + "poincare raman ramanujan ride ritchie rubin sagan shannon sinoussi tesla thompson torvalds turing villani volhard wiles wozniak wu yalow"
).split(" ");

/** The words that names are made of. */
export function nameWords(): { readonly adjectives: readonly string[]; readonly surnames: readonly string[] } {
  return { adjectives, surnames };
}

/** A name in docker's manner for a container that was given none: `brave_turing`; `attempt` > 0 adds digits. */
export function randomName(attempt = 0): string {
  const pick = (words: readonly string[]): string => present(words[randomInt(words.length)], "word list");
  const name = `${pick(adjectives)}_${pick(surnames)}`;
  return attempt === 0 ? name : `${name}${randomInt(10 ** Math.min(attempt, 6))}`;
}
