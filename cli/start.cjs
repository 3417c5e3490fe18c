// Copied to dist/cala.cjs. Runs dist/cala-main.js from V8's code cache: compiling the bundle anew costs ten milliseconds.
"use strict";
const fs = require("node:fs");
const vm = require("node:vm");

const file = `${__dirname}/cala-main.js`;
const cacheFile = `${__dirname}/cala-main.${process.versions.v8}-${process.arch}.cache`;

function readCache() {
  try {
    return fs.readFileSync(cacheFile);
  } catch {
    return undefined;
  }
}

// The bundle is ASCII, so latin1 spares the decoder.
const script = new vm.Script(fs.readFileSync(file, "latin1"), { filename: file, cachedData: readCache() });
const warming = process.argv[2] === "__warm";
const stale = script.cachedDataRejected !== false;

const main = { exports: {} };
script.runInThisContext()(main.exports, require, main, file, __dirname);
main.exports.start().then(() => {
  // Flags that change code generation reject the cache rightly; it is renewed for plain starts only.
  const plain = process.execArgv.length === 0 && !process.env.NODE_OPTIONS;
  if (warming || (stale && plain)) writeCache();
  process.exit();
});

function writeCache() {
  const temporary = `${cacheFile}.${process.pid}`;
  try {
    fs.accessSync(__dirname, fs.constants.W_OK);
    fs.writeFileSync(temporary, script.createCachedData());
    fs.renameSync(temporary, cacheFile);
  } catch {
    // An installation that this user cannot write to: the next start is merely slower.
    fs.rmSync(temporary, { force: true });
  }
}
