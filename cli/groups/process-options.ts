import { flag, list, pairs, value } from "../option.ts";

/** What runs and as whom: shared by run and create. */
export const processOptions = {
  annotation: pairs("--annotation", "KEY=VALUE", "Add an annotation to the OCI runtime config"),
  entrypoint: value("--entrypoint", "COMMAND", "Replace the image's entrypoint (a word, or a JSON list)"),
  env: list("-e, --env", "KEY=VALUE", "Set an environment variable; KEY alone passes on its value, KEY* passes on all that begin so"),
  envFile: list("--env-file", "FILE", "Read environment variables from FILE", { complete: "files" }),
  envHost: flag("--env-host", "Pass on all environment variables of the caller"),
  envMerge: list("--env-merge", "KEY=VALUE", "Set a variable in which ${OTHER} stands for what the image's environment has, as in PATH=/extra:${PATH}"),
  httpProxy: flag("--http-proxy", "Pass on the caller's variables for proxies (http_proxy, https_proxy, ftp_proxy, no_proxy, in small and capital letters)", { initial: true }),
  unsetEnv: list("--unsetenv", "KEY", "Remove an environment variable of the image"),
  unsetEnvAll: flag("--unsetenv-all", "Remove all environment variables of the image"),
  groupAdd: list("--group-add", "GROUP", "Give the process a further group; keep-groups: the caller's own", { commas: true }),
  hostname: value("-h, --hostname", "NAME", "Host name inside the container"),
  init: flag("--init", "Run a small init as process 1, which passes signals on and reaps"),
  interactive: flag("-i, --interactive", "Keep standard input open"),
  label: list("-l, --label", "KEY=VALUE", "Add a label"),
  labelFile: list("--label-file", "FILE", "Read labels from FILE", { complete: "files" }),
  oomScoreAdj: value("--oom-score-adj", "NUMBER", "Adjust the kernel's choice when memory runs out (-1000 to 1000)"),
  stopSignal: value("--stop-signal", "SIGNAL", "Signal that asks the container to stop", { complete: "signals" }),
  stopTimeout: value("--stop-timeout", "SECONDS", "Seconds between that signal and SIGKILL", { defaultText: "10" }),
  timeout: value("--timeout", "SECONDS", "Kill the container after so many seconds (0: never)"),
  tty: flag("-t, --tty", "Give the container a terminal"),
  tz: value("--tz", "ZONE", "Time zone (variable TZ) in the container, or \"local\""),
  umask: value("--umask", "MASK", "File mode mask of the process", { defaultText: "0022" }),
  user: value("-u, --user", "USER[:GROUP]", "User and group, by name or number"),
  workdir: value("-w, --workdir", "DIR", "Working directory inside the container"),
} as const;
