import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseDetachKeys } from "../../../../core/spec/parse/detach-keys.ts";

for (const text of ["", "ctrl-p,ctrl-q", "a", "ctrl-a,d", "ctrl-@,ctrl-[,ctrl-],ctrl-^,ctrl-_,ctrl-\\", "~,.", ",", "a,,"]) {
  test(`--detach-keys "${text}" is taken`, () => assert.is(parseDetachKeys(text), text));
}
for (const text of ["ctrl-1", "ab", "ctrl-", "ctrl-p,zz", "ctrl-pp", "ctrl p", "é", Array.from({ length: 17 }, () => "a").join(",")]) {
  test(`--detach-keys "${text}" is refused`, () => assert.throws(() => parseDetachKeys(text), (error: Error) => error.message.includes(`"${text}"`)));
}

test.run();
