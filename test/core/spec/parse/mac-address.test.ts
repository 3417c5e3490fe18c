import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseMacAddress } from "../../../../core/spec/parse/mac-address.ts";

test("an address of one card is taken in lower case; others are refused", () => {
  assert.is(parseMacAddress("02:AB:00:00:00:01"), "02:ab:00:00:00:01");
  for (const wrong of ["", "01:00:00:00:00:01", "02:00:00:00:00", "02-00-00-00-00-01", "ff:ff:ff:ff:ff:ff"]) assert.throws(() => parseMacAddress(wrong), /hardware address/);
});

test.run();
