import { list, value } from "../option.ts";

/** What is mounted into the container: shared by run and create. */
export const mountOptions = {
  chrootdirs: list("--chrootdirs", "PATH", "Directory of the container that is a root, too: /etc/hosts and its like are mounted there as well", { commas: true }),
  imageVolume: value("--image-volume", "MODE", "What becomes of the image's volumes: anonymous (as bind), tmpfs or ignore", { choices: ["anonymous", "bind", "tmpfs", "ignore"], defaultText: "anonymous" }),
  mount: list("--mount", "type=TYPE,…", "Attach a mount: bind, volume, tmpfs, ramfs, image, glob or devpts"),
  secret: list("--secret", "NAME[,OPTION=…]", "Give the container a secret as a file (type=mount, target, uid, gid, mode), copied when it is created, or as a variable (type=env, target), looked up at each start", { complete: "secrets" }),
  tmpfs: list("--tmpfs", "PATH[:OPTIONS]", "Mount a tmpfs"),
  volumesFrom: list("--volumes-from", "CONTAINER[:OPTIONS]", "Mount the volumes of another container; options are ro, rw and z", { commas: true, complete: "containers" }),
  volume: list("-v, --volume", "[SOURCE:]PATH[:OPTIONS]", "Mount a directory of the host, or a named volume, which is made when missing", { complete: "volumes" }),
} as const;
