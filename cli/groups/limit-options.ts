import { parseBlkioWeight, parseCpus, parseCpuset, parseDeviceAmount, parseMemory, parseMemorySwap, parsePids, parseRate, parseWhole } from "../../core/spec/parse/limits.ts";
import type { LimitsRequest } from "../../core/spec/request.ts";
import { list, value, type OptionValues } from "../option.ts";

/** Limits that a control group keeps: shared by run, create and update. */
export const limitOptions = {
  blkioWeight: value("--blkio-weight", "WEIGHT", "Relative weight of input and output, 10 to 1000"),
  blkioWeightDevice: list("--blkio-weight-device", "DEVICE:WEIGHT", "The same for one block device"),
  cpuPeriod: value("--cpu-period", "MICROSECONDS", "Length of the CPU quota's period"),
  cpuQuota: value("--cpu-quota", "MICROSECONDS", "CPU time in each period"),
  cpuShares: value("-c, --cpu-shares", "SHARES", "Relative weight of CPU time"),
  cpus: value("--cpus", "NUMBER", "Number of processors"),
  cpusetCpus: value("--cpuset-cpus", "LIST", "Processors to run on, as in 0-2,4"),
  cpusetMems: value("--cpuset-mems", "LIST", "Memory nodes to use"),
  deviceReadBps: list("--device-read-bps", "DEVICE:RATE", "Bytes per second read from a block device, as in /dev/sda:1mb"),
  deviceReadIops: list("--device-read-iops", "DEVICE:RATE", "Reads per second from a block device"),
  deviceWriteBps: list("--device-write-bps", "DEVICE:RATE", "Bytes per second written to a block device"),
  deviceWriteIops: list("--device-write-iops", "DEVICE:RATE", "Writes per second to a block device"),
  memory: value("-m, --memory", "SIZE", "Memory limit"),
  memoryReservation: value("--memory-reservation", "SIZE", "Memory that is kept back for the container"),
  memorySwap: value("--memory-swap", "SIZE", "Memory and swap together (-1: unlimited swap)"),
  pidsLimit: value("--pids-limit", "NUMBER", "Number of processes (-1: unlimited)"),
} as const;

/** What these options say; what was not given is absent. @throws CalaError `limit-invalid` */
export function limitsOf(values: OptionValues<typeof limitOptions>): LimitsRequest {
  const whole = (option: string, least: number) => (text: string): number => parseWhole(text, option, least);
  const amounts = (texts: readonly string[], option: string, parse: (text: string, option: string) => number): LimitsRequest["deviceReadBps"] =>
    texts.length === 0 ? undefined : texts.map((text) => parseDeviceAmount(text, option, parse));
  const found: { [K in keyof LimitsRequest]: LimitsRequest[K] | undefined } = {
    memoryBytes: map(values.memory, parseMemory), memorySwapBytes: map(values.memorySwap, parseMemorySwap),
    memoryReservationBytes: map(values.memoryReservation, (text) => parseMemory(text, "memory-reservation")),
    cpus: map(values.cpus, parseCpus), cpuShares: map(values.cpuShares, whole("cpu-shares", 0)),
    cpuPeriodUs: map(values.cpuPeriod, whole("cpu-period", 0)), cpuQuotaUs: map(values.cpuQuota, whole("cpu-quota", -1)),
    cpusetCpus: map(values.cpusetCpus, (text) => parseCpuset(text, "cpuset-cpus")), cpusetMems: map(values.cpusetMems, (text) => parseCpuset(text, "cpuset-mems")),
    pids: map(values.pidsLimit, parsePids),
    blkioWeight: map(values.blkioWeight, parseBlkioWeight), blkioWeightDevices: amounts(values.blkioWeightDevice, "blkio-weight-device", parseBlkioWeight),
    deviceReadBps: amounts(values.deviceReadBps, "device-read-bps", parseRate), deviceWriteBps: amounts(values.deviceWriteBps, "device-write-bps", parseRate),
    deviceReadIops: amounts(values.deviceReadIops, "device-read-iops", parseRate), deviceWriteIops: amounts(values.deviceWriteIops, "device-write-iops", parseRate),
  };
  return Object.fromEntries(Object.entries(found).filter(([, entry]) => entry !== undefined)) as LimitsRequest;
}

function map<T, R>(given: T | undefined, convert: (given: T) => R): R | undefined {
  return given === undefined ? undefined : convert(given);
}
