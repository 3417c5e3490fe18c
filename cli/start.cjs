// Copied to dist/cala.cjs. Runs dist/cala-main.js from V8's code cache: compiling the bundle anew costs ten milliseconds and more.
"use strict";
const fs = require("node:fs");
const vm = require("node:vm");

// Reading a cache costs 1 ms per 100 kB, so each group of the commands that people wait for has one with its own functions only.
const groups = { __proto__: null, run: "run", create: "run", start: "start", exec: "exec", ps: "list", images: "list", pull: "pull", push: "images", load: "images", save: "images", rmi: "images" };
const warming = process.argv[2] === "__warm";
const group = warming ? process.argv[3] : groups[process.argv[2]] ?? "rest";

const file = `${__dirname}/cala-main.js`;
const cacheFile = `${__dirname}/cala-main.${process.versions.v8}-${process.arch}.${group}.cache`;

function readCache() {
  try {
    return fs.readFileSync(cacheFile);
  } catch {
    return undefined;
  }
}

// The bundle is ASCII, so latin1 spares the decoder.
const script = new vm.Script(fs.readFileSync(file, "latin1"), { filename: file, cachedData: warming ? undefined : readCache() });

// Flags that change code generation reject the cache rightly; it is renewed for plain starts only. The event also comes before
// this process becomes a native program.
const [, , , , warmFile] = process.argv;
if (warming) process.once("exit", () => writeCache(warmFile));
else if (script.cachedDataRejected !== false && process.execArgv.length === 0 && !process.env.NODE_OPTIONS) process.once("exit", () => writeCache(cacheFile));

const main = { exports: {} };
script.runInThisContext()(main.exports, require, main, file, __dirname);
main.exports.start().then(() => process.exit());

function writeCache(path) {
  const temporary = `${path}.${process.pid}`;
  try {
    const fd = fs.openSync(temporary, "wx");
    fs.writeFileSync(fd, script.createCachedData());
    fs.closeSync(fd);
    fs.renameSync(temporary, path);
  } catch {
    // An installation that this user cannot write to: the next start is merely slower.
    fs.rmSync(temporary, { force: true });
  }
}
