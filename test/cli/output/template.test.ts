import { test } from "uvu";
import * as assert from "uvu/assert";
import { compileTemplate } from "../../../cli/output/template.ts";

const labels = Object.assign(Object.create(null) as Record<string, string>, { c: "<x>&", A: "b" });
const volume = { Name: "vol1", Driver: "local", Labels: labels, Anonymous: false, Mounts: [{ Type: "bind" }, { Type: "tmpfs" }], Upper: () => "VOL1", Label: (key: unknown) => `label ${String(key)}`, Empty: null, List: ["a", "b", "c"] };

// Source and output. Those with labels, printf, index, slice, pad, title, truncate, split and trim were also run through podman 4.3.
const rendered: readonly (readonly [string, string])[] = [
  ["plain", "plain"],
  ["{{.Name}}\t{{.Driver}}", "vol1\tlocal"],
  ["{{json .Labels}}", '{"c":"<x>&","A":"b"}'],
  ["{{json .Mounts}}", '[{"Type":"bind"},{"Type":"tmpfs"}]'],
  ["{{.Labels}}", "map[A:b c:<x>&]"],
  ["{{.Labels.zz}}", "<no value>"],
  ["{{.Labels.A}}", "b"],
  ["{{.Empty}}", "<nil>"],
  ["{{.List}}", "[a b c]"],
  ["{{range $k, $v := .Labels}}{{$k}}={{$v}};{{end}}", "A=b;c=<x>&;"],
  ["{{range $i, $v := .List}}{{$i}}{{$v}} {{end}}", "0a 1b 2c "],
  ["{{range .Mounts}}{{.Type}},{{$.Name}} {{end}}", "bind,vol1 tmpfs,vol1 "],
  ["{{range $v := .List}}{{if eq $v \"b\"}}{{continue}}{{end}}{{$v}}{{end}}", "ac"],
  ["{{range .List}}{{if eq . \"b\"}}{{break}}{{end}}{{.}}{{end}}", "a"],
  ["{{range .Empty}}x{{else}}none{{end}}", "none"],
  ['{{printf "%-10s|%5d|%q|%v|%t|%x|%05.2f" .Name 12 .Name .Labels true 255 3.14159}}', 'vol1      |   12|"vol1"|map[A:b c:<x>&]|true|ff|03.14'],
  ['{{printf "%d%%" 5}} {{printf "%s" 1 2}} {{printf "%d" "x"}}', "5% 1%!(EXTRA number=2) %!d(string=x)"],
  ['{{len .Name}} {{index .Labels "A"}} {{slice .Name 1 3}}', "4 b ol"],
  ['{{index .Mounts 1 "Type"}} {{(index .Mounts 0).Type}}', "tmpfs bind"],
  ['{{if eq .Name "vol1"}}one{{else if eq .Driver "x"}}y{{else}}z{{end}}', "one"],
  ['{{if eq .Name "no"}}one{{else if eq .Driver "local"}}y{{else}}z{{end}}', "y"],
  ['{{if ne .Name "vol1"}}one{{else}}z{{end}}', "z"],
  ["{{upper .Name}} {{title .Name}} {{pad .Name 2 3}} {{truncate .Name 3}}", "VOL1 Vol1   vol1    vol"],
  ['{{join (split .Name "o") "-"}}', "v-l1"],
  ["{{with .Labels}}{{.A}}{{else}}none{{end}}", "b"],
  ["{{with .Empty}}{{.A}}{{else}}none{{end}}", "none"],
  ["a {{- .Name -}}  x", "avol1x"],
  ["a{{/* a }} comment */}}b{{- /* trimmed */ -}}  c", "abc"],
  ['{{not .Anonymous}} {{and .Name .Driver}} {{or "" "x"}}', "true local x"],
  ["{{and .Empty .Empty.Deep}}", "<nil>"],
  ['{{.Name | printf "%s-%s" "a"}}', "a-vol1"],
  ['{{"a\\tb"}}{{`raw\\t`}}', "a\tbraw\\t"],
  ['{{"}}"}}', "}}"],
  ["{{println .Name}}", "vol1\n"],
  ["{{$x := .Name}}{{$x}}{{$x = .Driver}}{{$x}}", "vol1local"],
  ["{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}", "21"],
  ['{{html "<"}}', "&lt;"],
  ['{{lt 1 2}} {{gt "a" "b"}} {{ge 2 2}} {{eq 1 2 1}}', "true false true true"],
  ["{{.Upper}} {{.Label \"k\"}} {{\"k\" | .Label}}", "VOL1 label k label k"],
  ["{{true}} {{1.5}} {{-3}} {{0x10}} {{'a'}}", "true 1.5 -3 16 97"],
];

for (const [source, expected] of rendered) {
  test(`renders ${source}`, () => assert.is(compileTemplate(source).render(volume), expected));
}

// Source, and the end of the message; the wording is Go's where podman 4.3 shows it.
const refused: readonly (readonly [string, string])[] = [
  ["{{.Foo}}", '1: executing "format" at <.Foo>: can\'t evaluate field Foo'],
  ["{{.Name.Foo}}", "can't evaluate field Foo in type string"],
  ["{{.Name", "1: unclosed action"],
  ['{{"abc}}', "1: unterminated quoted string"],
  ["{{foo .Name}}", '1: function "foo" not defined'],
  ["{{end}}", "1: unexpected {{end}}"],
  ["\n{{else}}", "2: unexpected {{else}}"],
  ["{{if}}", "1: missing value for if"],
  ["{{if .Name}}x", "1: unexpected EOF"],
  ["{{}}", "1: missing value for command"],
  ["{{break}}", "{{break}} outside {{range}}"],
  ["{{range .Name}}a{{end}}", "at <.Name>: range can't iterate over vol1"],
  ["{{lower 3}}", "expected string; found 3"],
  ['{{eq 1 "a"}}', "error calling eq: incompatible types for comparison"],
  ["{{index .List 7}}", "error calling index: index out of range: 7"],
  ["{{slice .Name 3 9}}", "error calling slice: index out of range: 9"],
  ["{{$nope}}", 'undefined variable "$nope"'],
  ["{{(.Name}}", "1: unclosed left paren"],
  ["{{.Name )}}", '1: unexpected ")" in command'],
  ["{{.Name # }}", '1: unexpected "#" in action'],
  ["{{.Name \"x\"}}", "can't give argument to non-function"],
  ['{{define "x"}}{{end}}', "{{define}} is not supported"],
  ["{{.Empty.Deep}}", "nil pointer evaluating Deep"],
  ["{{.constructor.Foo}}{{.__proto__.Foo}}{{.Name.length}}", "can't evaluate field length in type string"],
];

for (const [source, expected] of refused) {
  test(`refuses ${JSON.stringify(source)}`, () => {
    assert.throws(() => compileTemplate(source).render(volume), (error: Error) => error.message.startsWith("template: format:") && error.message.endsWith(expected) || assert.is(error.message, expected));
  });
}

test.run();
