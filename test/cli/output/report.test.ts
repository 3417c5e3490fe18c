import { test } from "uvu";
import * as assert from "uvu/assert";
import { renderDocuments, renderReport } from "../../../cli/output/report.ts";

const rows = [{ Name: "longer-volume-name", Driver: "local", Labels: {} }, { Name: "vol1", Driver: "local", Labels: { A: "b" } }];
const report = { rows, columns: ["Driver", "Name"], headings: { Name: "VOLUME NAME" } };

// Compared with `podman volume ls` of podman 4.3.
const cases: readonly (readonly [string | undefined, string])[] = [
  [undefined, "DRIVER      VOLUME NAME\nlocal       longer-volume-name\nlocal       vol1\n"],
  ["table", "DRIVER      VOLUME NAME\nlocal       longer-volume-name\nlocal       vol1\n"],
  ["table {{.Name}}\\t{{.Driver}}\\t{{.Labels}}", "VOLUME NAME         DRIVER      LABELS\nlonger-volume-name  local       map[]\nvol1                local       map[A:b]\n"],
  ["table {{.Name}}\t{{.Driver}}", "VOLUME NAME         DRIVER\nlonger-volume-name  local\nvol1                local\n"],
  ["{{.Name}}\\t{{.Driver}}", "longer-volume-name\tlocal\nvol1\tlocal\n"],
  ["{{println .Name}}", "longer-volume-name\nvol1\n"],
  ["{{json .Labels}}", '{}\n{"A":"b"}\n'],
  ["table {{upper .Name}}", "VOLUME NAME\nLONGER-VOLUME-NAME\nVOL1\n"],
];

for (const [format, expected] of cases) {
  test(`lists with ${format ?? "no format"}`, () => assert.is(renderReport({ ...report, format }), expected));
}

test("lists as json", () => assert.equal(JSON.parse(renderReport({ ...report, format: "json" })), rows));
test("leaves the heading out", () => assert.is(renderReport({ ...report, format: undefined, noHeading: true }), "local       longer-volume-name\nlocal       vol1\n"));
test("an empty list has a heading alone, and nothing for a template", () => {
  assert.is(renderReport({ ...report, rows: [], format: undefined }), "DRIVER      VOLUME NAME\n");
  assert.is(renderReport({ ...report, rows: [], format: "{{.Name}}" }), "");
  assert.is(renderReport({ ...report, rows: [], format: "json" }), "[]\n");
});
test("a document is indented by five spaces", () => assert.is(renderDocuments([{ Id: "a", List: [1] }], undefined), '[\n     {\n          "Id": "a",\n          "List": [\n               1\n          ]\n     }\n]\n'));
test("a document fills a template", () => assert.is(renderDocuments([{ Id: "a", Config: { Labels: { x: "y" } } }], "{{.Id}} {{.Config.Labels.x}} {{.Config.Labels.z}}"), "a y <no value>\n"));

test.run();
