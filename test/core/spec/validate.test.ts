import { test } from "uvu";
import * as assert from "uvu/assert";
import { defaultRequest, type ContainerRequest } from "../../../core/spec/request.ts";
import { validateRequest } from "../../../core/spec/validate.ts";

const base = defaultRequest("img");
const port = { hostIp: "", hostPort: 80, containerPort: 80, protocol: "tcp" } as const;
const network = (fields: Partial<ContainerRequest["network"]>): Partial<ContainerRequest> => ({ network: { ...base.network, ...fields } });
const refused: readonly (readonly [Partial<ContainerRequest>, RegExp])[] = [
  [{ name: "-x" }, /invalid name "-x": names must match/],
  [{ name: "a/b" }, /"a\/b"/],
  [{ name: "x".repeat(256) }, /longer than 255/],
  [{ hostname: "a b" }, /invalid hostname "a b"/],
  [{ hostname: "h", namespaces: { ...base.namespaces, uts: "host" } }, /host UTS namespace/],
  [{ remove: true, restart: { name: "always", maximumRetries: 0 } }, /--rm option conflicts with --restart/],
  [{ limits: { memorySwapBytes: 5 } }, /set the memory limit/],
  [{ limits: { memoryBytes: 10, memorySwapBytes: 5 } }, /larger than memory limit/],
  [{ limits: { memoryBytes: 10, memoryReservationBytes: 11 } }, /reservation/],
  [{ limits: { cpus: 1, cpuQuotaUs: 5 } }, /--cpus and --cpu-quota/],
  [{ limits: { cpuPeriodUs: 5 } }, /period cannot be less/],
  [network({ ports: [port, port] }), /host port 80 \(protocol tcp\)/],
  [network({ modes: ["container:x"], ports: [port] }), /"container:x"/],
  [network({ modes: ["none"], dns: ["1.1.1.1"] }), /dns and the network mode "none"/],
  [network({ modes: ["host", "a"] }), /"host" together/],
  [network({ noHosts: true, addHosts: ["a:1.1.1.1"] }), /--no-hosts and --add-host/],
  [{ capAdd: ["X"] }, /unknown capability: "X"/],
  [{ stopSignal: "X" }, /invalid signal: "X"/],
  [{ oomScoreAdj: 2000 }, /"2000"/],
  [{ mounts: [{ kind: "tmpfs", target: "/a", options: ["z"] }] }, /"z"/],
];

for (const [fields, message] of refused) test(`refuses ${JSON.stringify(fields).slice(0, 60)}`, () => assert.throws(() => validateRequest({ ...base, ...fields }), (error: Error) => message.test(error.message)));
test("a plain request is taken", () => assert.not.throws(() => validateRequest({ ...base, name: "spark_docker", ...network({ ports: [port, { ...port, protocol: "udp" }, { ...port, hostPort: 0 }] }) })));

test.run();
