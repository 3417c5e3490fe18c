import { test } from "uvu";
import * as assert from "uvu/assert";
import { containerNameOf, labelCommand, labelEnvironment } from "../../../core/container/label-command.ts";

const subject = { image: "docker.io/library/tool:1", name: "tool", args: ["first", "second"], env: { PWD: "/here", HOME: "/home/me" }, globals: ["--log-level", "debug"] };
const without = { ...subject, args: [] };

for (const [label, words] of [
  ["podman run -it --name NAME -e NAME=NAME -e IMAGE=IMAGE IMAGE", ["cala", "run", "-it", "--name", "tool", "-e", "NAME=tool", "-e", "IMAGE=docker.io/library/tool:1", "docker.io/library/tool:1"]],
  ["docker run -v $PWD:/w -v ${HOME}/x:/x $IMAGE", ["cala", "run", "-v", "/here:/w", "-v", "/home/me/x:/x", "docker.io/library/tool:1"]],
  ["/usr/bin/podman $GLOBAL_OPTS ps", ["cala", "--log-level", "debug", "ps"]],
  [`echo "a b" 'c $HOME' d\\ e ""`, ["echo", "a b", "c /home/me", "d e", ""]],
] as const) {
  test(`the label "${label}" is these words`, () => {
    assert.equal(labelCommand(label, without), [...words]);
  });
}

test("words of the command line come last, and are known as variables", () => {
  assert.equal(labelCommand("echo $OPT2", subject), ["echo", "second", "first", "second"]);
  const { OPT1, OPT2, OPT3, IMAGE, NAME } = labelEnvironment(subject);
  assert.equal([OPT1, OPT2, OPT3, IMAGE, NAME], ["first", "second", "", subject.image, "tool"]);
});

test("a label without a command, or with an open quote, is refused", () => {
  assert.throws(() => labelCommand("  ", subject), /no command/);
  assert.throws(() => labelCommand(`echo "open`, subject), /not closed/);
});

test("a container's name follows from the image's", () => {
  assert.equal(["docker.io/library/tool:1", "localhost:5000/a/b@sha256:abc", "plain"].map(containerNameOf), ["tool", "b", "plain"]);
});

test.run();
