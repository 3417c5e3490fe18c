/** THE list of commands. A new command is one file and one line here. Nothing here is loaded before its words are typed. */
import type { Command } from "../command.ts";

/** A command's words and where it is. */
export interface CommandEntry {
  /** The name under which it is documented: `run`, `image tree`. */
  readonly words: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  /** Not in help, manual or completion. */
  readonly hidden: boolean;
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** Words that only lead to commands. */
export interface CommandGroup {
  readonly words: string;
  readonly summary: string;
}

type Load = CommandEntry["load"];

function entry(words: string, aliases: readonly string[], summary: string, load: Load): CommandEntry {
  return { words, aliases, summary, hidden: false, load };
}

function hidden(words: string, summary: string, load: Load): CommandEntry {
  return { words, aliases: [], summary, hidden: true, load };
}

export const groups: readonly CommandGroup[] = [
  { words: "artifact", summary: "Manage artifacts" },
  { words: "container", summary: "Manage containers" },
  { words: "debug", summary: "Look inside cala" },
  { words: "healthcheck", summary: "Look after the health of containers" },
  { words: "image", summary: "Manage images" },
  { words: "image trust", summary: "Say which images may be used" },
  { words: "network", summary: "Manage networks" },
  { words: "secret", summary: "Manage secrets" },
  { words: "manifest", summary: "Manage lists of images for several platforms" },
  { words: "system", summary: "Manage cala" },
  { words: "volume", summary: "Manage volumes" },
];

export const entries: readonly CommandEntry[] = [
  entry("artifact add", [], "Make an artifact of files", () => import("./artifact/add.ts")),
  entry("artifact extract", [], "Write the files of an artifact", () => import("./artifact/extract.ts")),
  entry("artifact inspect", [], "Print the manifest of an artifact", () => import("./artifact/inspect.ts")),
  entry("artifact ls", [], "List artifacts", () => import("./artifact/ls.ts")),
  entry("artifact pull", [], "Pull an artifact from a registry", () => import("./artifact/pull.ts")),
  entry("artifact push", [], "Push an artifact to a registry", () => import("./artifact/push.ts")),
  entry("artifact rm", [], "Remove artifacts", () => import("./artifact/rm.ts")),
  entry("attach", ["container attach"], "Connect to a running container", () => import("./attach.ts")),
  entry("commit", ["container commit"], "Make an image of what a container has become", () => import("./commit.ts")),
  entry("completion", [], "Generate the completion script of a shell", () => import("./completion.ts")),
  entry("container clone", [], "Make a container with the options of another", () => import("./container/clone.ts")),
  entry("container diff", [], "Show what containers changed of their images", () => import("./container/diff.ts")),
  entry("container cleanup", [], "End what is left of containers that have ended", () => import("./container/cleanup.ts")),
  entry("container checkpoint", [], "Save containers with CRIU, where the host permits", () => import("./container/checkpoint.ts")),
  entry("container exists", [], "Check whether a container exists", () => import("./container/exists.ts")),
  entry("container fork", [], "Make a container with the files of another", () => import("./container/fork.ts")),
  entry("container inspect", [], "Print everything known of containers", () => import("./container/inspect.ts")),
  entry("container prune", [], "Remove all containers that do not run", () => import("./container/prune.ts")),
  entry("container rollback", [], "Go back to a snapshot of a container's files", () => import("./container/rollback.ts")),
  entry("container runlabel", [], "Run the command in a label of an image", () => import("./container/runlabel.ts")),
  entry("container snapshot", [], "Keep a container's files as a snapshot", () => import("./container/snapshot.ts")),
  entry("container snapshots", [], "List the snapshots of a container", () => import("./container/snapshots.ts")),
  entry("container restore", [], "Bring saved containers back, where the host permits", () => import("./container/restore.ts")),
  entry("cp", ["container cp"], "Copy files between containers and the host", () => import("./cp.ts")),
  entry("create", ["container create"], "Make a container without starting it", () => import("./create.ts")),
  entry("debug plan", [], "Print the launch plan of a container", () => import("./debug/plan.ts")),
  entry("diff", [], "Show what a container or an image changed", () => import("./diff.ts")),
  entry("events", ["system events"], "Print what happens", () => import("./events.ts")),
  entry("exec", ["container exec"], "Run a command in a running container", () => import("./exec.ts")),
  entry("export", ["container export"], "Write a container's files as a tar", () => import("./export.ts")),
  entry("healthcheck run", [], "Run the health check of a container", () => import("./healthcheck/run.ts")),
  entry("help", [], "Help about any command", () => import("./help.ts")),
  entry("history", ["image history"], "Show the steps that made an image", () => import("./image/history.ts")),
  entry("image diff", [], "Show what images change of others", () => import("./image/diff.ts")),
  entry("image exists", [], "Check whether an image exists", () => import("./image/exists.ts")),
  entry("image import-store", [], "Take images over from podman's store", () => import("./image/import-store.ts")),
  entry("image inspect", [], "Print everything known of images", () => import("./image/inspect.ts")),
  entry("image mount", [], "Mount images and print where", () => import("./image/mount.ts")),
  entry("image prune", [], "Remove images that nothing uses", () => import("./image/prune.ts")),
  entry("image scp", [], "Copy an image between machines", () => import("./image/scp.ts")),
  entry("image sign", [], "Sign images that are in registries", () => import("./image/sign.ts")),
  entry("image tree", [], "Show the layers of an image", () => import("./image/tree.ts")),
  entry("image trust set", [], "Say which images may be used", () => import("./image/trust/set.ts")),
  entry("image trust show", [], "Show which images may be used", () => import("./image/trust/show.ts")),
  entry("image unmount", ["image umount"], "Take mounts of images away", () => import("./image/unmount.ts")),
  entry("images", ["image ls", "image list"], "List images", () => import("./image/ls.ts")),
  entry("import", ["image import"], "Make an image from a tar file", () => import("./image/import.ts")),
  entry("doctor", ["system doctor"], "Find what keeps containers from working on this host, and what mends it", () => import("./doctor.ts")),
  entry("info", ["system info"], "Tell about this host and the store", () => import("./info.ts")),
  entry("inspect", [], "Print everything known of containers, images, volumes or networks", () => import("./inspect.ts")),
  entry("init", ["container init"], "Make containers ready to start", () => import("./init.ts")),
  entry("kill", ["container kill"], "Send a signal to running containers", () => import("./kill.ts")),
  entry("load", ["image load"], "Load images from an archive", () => import("./image/load.ts")),
  entry("login", [], "Log in to a registry", () => import("./image/login.ts")),
  entry("logout", [], "Log out of a registry", () => import("./image/logout.ts")),
  entry("logs", ["container logs"], "Print what a container wrote", () => import("./logs.ts")),
  entry("manifest add", [], "Add images to a manifest list", () => import("./manifest/add.ts")),
  entry("manifest annotate", [], "Change what a manifest list says of an image", () => import("./manifest/annotate.ts")),
  entry("manifest create", [], "Make a manifest list", () => import("./manifest/create.ts")),
  entry("manifest exists", [], "Check whether a manifest list exists", () => import("./manifest/exists.ts")),
  entry("manifest inspect", [], "Print a manifest list or manifest", () => import("./manifest/inspect.ts")),
  entry("manifest push", [], "Push a manifest list and its images", () => import("./manifest/push.ts")),
  entry("manifest remove", [], "Take an image out of a manifest list", () => import("./manifest/remove.ts")),
  entry("manifest rm", [], "Remove manifest lists", () => import("./manifest/rm.ts")),
  entry("pause", ["container pause"], "Stop all processes of containers for a while", () => import("./pause.ts")),
  entry("network connect", [], "Put a container on a further network", () => import("./network/connect.ts")),
  entry("network create", [], "Make a network", () => import("./network/create.ts")),
  entry("network disconnect", [], "Take a container off a network", () => import("./network/disconnect.ts")),
  entry("network exists", [], "Check whether a network exists", () => import("./network/exists.ts")),
  entry("network inspect", [], "Print everything known of networks", () => import("./network/inspect.ts")),
  entry("network ls", ["network list"], "List networks", () => import("./network/ls.ts")),
  entry("network prune", [], "Remove all networks that nothing uses", () => import("./network/prune.ts")),
  entry("network reload", [], "Join the networks of running containers anew", () => import("./network/reload.ts")),
  entry("network rm", ["network remove"], "Remove networks", () => import("./network/rm.ts")),
  entry("mount", ["container mount"], "Mount the roots of containers", () => import("./mount.ts")),
  entry("network update", [], "Change the name servers of a network", () => import("./network/update.ts")),
  entry("port", ["container port"], "List the published ports of a container", () => import("./port.ts")),
  entry("ps", ["container ps", "container ls", "container list"], "List containers", () => import("./ps.ts")),
  entry("pull", ["image pull"], "Pull images from a registry", () => import("./image/pull.ts")),
  entry("push", ["image push"], "Push an image to a registry", () => import("./image/push.ts")),
  entry("rename", ["container rename"], "Rename a container", () => import("./rename.ts")),
  entry("restart", ["container restart"], "Restart containers", () => import("./restart.ts")),
  entry("rm", ["container rm"], "Remove containers", () => import("./rm.ts")),
  entry("rmi", ["image rm", "image remove"], "Remove images", () => import("./image/rm.ts")),
  entry("run", ["container run"], "Run a command in a new container", () => import("./run.ts")),
  entry("save", ["image save"], "Save images to an archive", () => import("./image/save.ts")),
  entry("search", ["image search"], "Search registries for images", () => import("./image/search.ts")),
  entry("secret create", [], "Keep a secret for containers", () => import("./secret/create.ts")),
  entry("secret exists", [], "Check whether a secret exists", () => import("./secret/exists.ts")),
  entry("secret inspect", [], "Print everything known of secrets", () => import("./secret/inspect.ts")),
  entry("secret ls", ["secret list"], "List secrets", () => import("./secret/ls.ts")),
  entry("secret rm", ["secret remove"], "Remove secrets", () => import("./secret/rm.ts")),
  entry("start", ["container start"], "Start containers", () => import("./start.ts")),
  entry("stats", ["container stats"], "Show what containers use", () => import("./stats.ts")),
  entry("stop", ["container stop"], "Stop running containers", () => import("./stop.ts")),
  entry("system check", [], "Look for damage in the store, and mend it", () => import("./system/check.ts")),
  entry("system df", [], "Tell what takes room on the disk", () => import("./system/df.ts")),
  entry("system migrate", [], "Start afresh after a change of subordinate ids", () => import("./system/migrate.ts")),
  entry("system prune", [], "Remove everything that nothing uses", () => import("./system/prune.ts")),
  entry("system renumber", [], "Do nothing; for command lines of podman", () => import("./system/renumber.ts")),
  entry("system reset", [], "Remove everything that cala keeps", () => import("./system/reset.ts")),
  entry("tag", ["image tag"], "Give an image further names", () => import("./image/tag.ts")),
  entry("unpause", ["container unpause"], "Let paused containers go on", () => import("./unpause.ts")),
  entry("top", ["container top"], "List the processes of a container", () => import("./top.ts")),
  entry("unmount", ["umount", "container unmount", "container umount"], "Unmount the roots of containers", () => import("./unmount.ts")),
  entry("unshare", [], "Run a command where files of all the user's ids are in reach", () => import("./unshare.ts")),
  entry("untag", ["image untag"], "Take names from an image", () => import("./image/untag.ts")),
  entry("update", ["container update"], "Change the limits of a container", () => import("./update.ts")),
  entry("version", [], "Print the version", () => import("./version.ts")),
  entry("volume create", [], "Make a volume", () => import("./volume/create.ts")),
  entry("volume exists", [], "Check whether a volume exists", () => import("./volume/exists.ts")),
  entry("volume export", [], "Write a volume's files as a tar", () => import("./volume/export.ts")),
  entry("volume import", [], "Unpack a tar into a volume", () => import("./volume/import.ts")),
  entry("volume inspect", [], "Print everything known of volumes", () => import("./volume/inspect.ts")),
  entry("volume ls", ["volume list"], "List volumes", () => import("./volume/ls.ts")),
  entry("volume mount", [], "Print where volumes are", () => import("./volume/mount.ts")),
  entry("volume prune", [], "Remove all volumes that nothing uses", () => import("./volume/prune.ts")),
  entry("volume reload", [], "Look for volumes of plugins", () => import("./volume/reload.ts")),
  entry("volume rm", ["volume remove"], "Remove volumes", () => import("./volume/rm.ts")),
  entry("volume unmount", ["volume umount"], "Let go of volumes", () => import("./volume/unmount.ts")),
  entry("wait", ["container wait"], "Wait until containers have stopped", () => import("./wait.ts")),
  hidden("__complete", "Answers the completion scripts", () => import("./internal/complete.ts")),
  hidden("__explain", "Puts a failed start into words", () => import("./internal/explain.ts")),
  hidden("__remove-image", "Removes the image of a container that has ended", () => import("./internal/remove-image.ts")),
  hidden("__warm", "Runs typical commands so that their compiled code can be kept", () => import("./internal/warm.ts")),
];
