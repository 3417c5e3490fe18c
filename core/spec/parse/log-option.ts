/** `--log-driver` and `--log-opt`. */
import { resolve } from "node:path";
import { CalaError } from "../../base/error.ts";
import { parseBytes } from "../../base/bytes.ts";
import { logDrivers } from "../../logdriver/index.ts";
import { parsePair } from "./label.ts";

const keys = ["max-size", "max-file", "path", "tag", "labels", "env", "mode"];

/** The driver's name. @throws CalaError `log-driver-unknown` */
export function parseLogDriver(text: string): string {
  const drivers = logDrivers.map((driver) => driver.name);
  if (!drivers.includes(text)) throw new CalaError("log-driver-unknown", `invalid log driver "${text}"`, { hint: `use ${drivers.join(", ")}` });
  return text;
}

/** One option. @throws CalaError `log-option-invalid` */
export function parseLogOption(text: string): [key: string, value: string] {
  const [key, value] = parsePair(text, "log-opt");
  if (!keys.includes(key)) throw new CalaError("log-option-invalid", `unknown log option "${key}"`, { hint: `use ${keys.join(", ")}` });
  if (key === "max-size" && value !== "-1") parseBytes(value);
  if (key === "max-file" && !/^[1-9]\d{0,3}$/.test(value)) throw new CalaError("log-option-invalid", `invalid log option "${text}": max-file must be a number from 1`);
  if (key === "mode" && value !== "blocking") throw new CalaError("log-option-invalid", `invalid log option "${text}": output is never thrown away because its log is slow`, { hint: "leave it out" });
  return [key, key === "path" ? resolve(value) : value];
}
