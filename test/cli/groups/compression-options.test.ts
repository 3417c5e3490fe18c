import { test } from "uvu";
import * as assert from "uvu/assert";
import { compressionOf } from "../../../cli/groups/compression-options.ts";
import { CalaError } from "../../../core/base/error.ts";

test("a push packs as it is told, and a level that gzip does not have is refused", () => {
  assert.equal(compressionOf({ compressionFormat: "gzip", compressionLevel: undefined }), { compression: "gzip" });
  assert.equal(compressionOf({ compressionFormat: "gzip", compressionLevel: 9 }), { compression: "gzip", compressionLevel: 9 });
  assert.equal(compressionOf({ compressionFormat: "zstd:chunked", compressionLevel: 19 }), { compression: "zstd", compressionLevel: 19 });
  assert.throws(() => compressionOf({ compressionFormat: "gzip", compressionLevel: 10 }), (error: unknown) => error instanceof CalaError && error.code === "option-value-invalid" && /gzip knows 0 to 9/.test(error.message));
});

test.run();
