import { test } from "uvu";
import * as assert from "uvu/assert";
import { CalaError } from "../../core/base/error.ts";
import { scanArguments } from "../../cli/argv.ts";
import { count, flag, list, maybeFlag, value } from "../../cli/option.ts";

const options = {
  interactive: flag("-i, --interactive", ""), tty: flag("-t, --tty", ""), rm: flag("--rm", ""), tls: maybeFlag("--tls-verify", ""),
  publish: list("-p, --publish", "PORT", ""), env: list("-e, --env", "ENV", ""), label: list("-l, --label", "LABEL", ""),
  swap: value("--memory-swap", "SIZE", ""), ip6: value("--ip6", "IP", ""), pull: value("--pull", "POLICY", "", { bare: "always" }),
  hostname: value("-h, --hostname", "NAME", ""), time: value("-T, --time, --timeout", "S", ""), verbose: count("-v, --verbose", ""), noHosts: flag("--no-hosts", ""),
};
const { hostname: _, ...withoutHostname } = options;

type Row = readonly [words: string, options: string, positionals: string];

const runRows: readonly Row[] = [
  ["-itp 80:80 img", "--o-interactive --o-tty --o-publish=80:80", "img"],
  ["-p8080:80 img", "--o-publish=8080:80", "img"],
  ["-p=8080:80 img", "--o-publish=8080:80", "img"],
  ["-eA=b img", "--o-env=A=b", "img"],
  ["-e A=b -eC img", "--o-env=A=b --o-env=C", "img"],
  ["--env A=b --env=C=d img", "--o-env=A=b --o-env=C=d", "img"],
  ["--rm=true img", "--o-rm", "img"],
  ["--rm=false img", "--no-o-rm", "img"],
  ["--rm=0 -t=F -i=1 img", "--no-o-rm --no-o-tty --o-interactive", "img"],
  ["--memory-swap -1 img", "--o-memory-swap=-1", "img"],
  ["--memory-swap=-1 img", "--o-memory-swap=-1", "img"],
  ["--ip6=::1 img", "--o-ip-six=::1", "img"],
  ["--ip6 ::1 img", "--o-ip-six=::1", "img"],
  ["--label=a=b=c img", "--o-label=a=b=c", "img"],
  ["--label= img", "--o-label=", "img"],
  ["--pull img", "--o-pull=always", "img"],
  ["--pull=never img", "--o-pull=never", "img"],
  ["img -it --rm sh", "", "img -it --rm sh"],
  ["-t img -- sh", "--o-tty", "img -- sh"],
  ["-t -- img -i", "--o-tty", "img -i"],
  ["-- -img", "", "-img"],
  ["-h web img", "--o-hostname=web", "img"],
  ["-hweb img -h", "--o-hostname=web", "img -h"],
  ["-p -i img", "--o-publish=-i", "img"],
  ["--env -- img", "--o-env=--", "img"],
  ["-e -- img", "--o-env=--", "img"],
  ["--timeout 3 -T4 img", "--o-time=3 --o-time=4", "img"],
  ["-vvv --verbose img", "--o-verbose --o-verbose --o-verbose --o-verbose", "img"],
  ["--no-hosts img", "--o-no-hosts", "img"],
  ["-", "", "-"],
  ["- -i", "", "- -i"],
];

const split = (text: string): string[] => (text === "" ? [] : text.split(" "));

for (const [words, wanted, positionals] of runRows) {
  test(`run-like: ${words}`, () => {
    const scan = scanArguments(split(words), options, { interspersed: false, program: "cala run" });
    assert.equal(scan, { help: false, options: split(wanted), positionals: split(positionals) });
  });
}

const otherRows: readonly (Row | readonly [string, string, string, "help"])[] = [
  ["web -it", "--o-interactive --o-tty", "web"],
  ["web -p 80:80 db -i", "--o-publish=80:80 --o-interactive", "web db"],
  ["web -- -i", "", "web -i"],
  ["web -h", "", "web", "help"],
  ["--help", "", "", "help"],
  ["-ih", "--o-interactive", "", "help"],
  ["--help=false", "", ""],
  ["-- --help", "", "--help"],
  ["", "", ""],
];

for (const [words, wanted, positionals, help] of otherRows) {
  test(`interspersed: ${words}`, () => {
    const scan = scanArguments(split(words), withoutHostname, { interspersed: true, program: "cala rm" });
    assert.equal(scan, { help: help === "help", options: split(wanted), positionals: split(positionals) });
  });
}

const refused: readonly (readonly [string, string, string])[] = [
  ["--interactiv", 'unknown option "--interactiv"', `did you mean "--interactive"? see 'cala run --help'`],
  ["--bogus=1", 'unknown option "--bogus"', "see 'cala run --help'"],
  ["-itz", 'unknown option "-z" in "-itz"', "see 'cala run --help'"],
  ["-z", 'unknown option "-z"', "see 'cala run --help'"],
  ["--=x", '"--=x" is not an option', "see 'cala run --help'"],
  ["-e", 'option "-e" needs a value', "see 'cala run --help'"],
  ["--env", 'option "--env" needs a value', "see 'cala run --help'"],
  ["--rm=maybe", 'invalid value "maybe" for --rm: it is neither true nor false', "see 'cala run --help'"],
  ["-t=", 'invalid value "" for -t: it is neither true nor false', "see 'cala run --help'"],
];

for (const [words, message, hint] of refused) {
  test(`refuses ${words}`, () => {
    try {
      scanArguments(split(words), options, { interspersed: false, program: "cala run" });
      assert.unreachable();
    } catch (error) {
      assert.instance(error, CalaError);
      assert.equal([(error as CalaError).message, (error as CalaError).hint, (error as CalaError).exitCode], [message, hint, 125]);
    }
  });
}

test.run();
