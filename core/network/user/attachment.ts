/** `--network NAME:ip=…,alias=…`: one network that a container is to be on. */
import { CalaError } from "../../base/error.ts";
import { parseMacAddress } from "../../spec/parse/mac-address.ts";
import { addressNumber } from "../prefix.ts";
import { requireRoom, room } from "./room.ts";

/** What a container wants of one network. */
export interface Attachment {
  /** A name, or the beginning of an id. */
  readonly network: string;
  readonly ip?: string;
  readonly ip6?: string;
  readonly macAddress?: string;
  readonly aliases: readonly string[];
  /** Name of the interface inside; `eth0`, `eth1`, … unless given. */
  readonly interfaceName?: string;
}

const known = ["ip", "ip6", "mac", "alias", "interface_name"];

/** Reads what follows the network's name. @throws CalaError `network-option-invalid`, `mac-invalid`, `address-invalid` */
export function parseAttachment(network: string, options: string): Attachment {
  const values = new Map<string, string[]>();
  for (const part of options.split(",").filter((text) => text !== "")) {
    const at = part.indexOf("=");
    const key = at === -1 ? part : part.slice(0, at);
    if (at === -1 || !known.includes(key)) {
      throw new CalaError("network-option-invalid", `network "${network}" does not know the option "${part}"`, { hint: `known options: ${known.map((word) => `${word}=VALUE`).join(", ")}` });
    }
    values.set(key, [...(values.get(key) ?? []), part.slice(at + 1)]);
  }
  const last = (key: string): string | undefined => values.get(key)?.at(-1);
  return checkAttachment({
    network, aliases: values.get("alias") ?? [],
    ...optional("ip", last("ip")), ...optional("ip6", last("ip6")), ...optional("macAddress", last("mac")), ...optional("interfaceName", last("interface_name")),
  });
}

function optional(key: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [key]: value };
}

/** The words that `parseAttachment` reads; for a container's record. */
export function attachmentText(attachment: Attachment): string {
  const { network, ip, ip6, macAddress, aliases, interfaceName } = attachment;
  const words = [
    ...(ip === undefined ? [] : [`ip=${ip}`]), ...(ip6 === undefined ? [] : [`ip6=${ip6}`]), ...(macAddress === undefined ? [] : [`mac=${macAddress}`]),
    ...aliases.map((alias) => `alias=${alias}`), ...(interfaceName === undefined ? [] : [`interface_name=${interfaceName}`]),
  ];
  return words.length === 0 ? network : `${network}:${words.join(",")}`;
}

/** Refuses words that are none. @throws CalaError `address-invalid`, `mac-invalid`, `alias-invalid`, `network-option-invalid`, `network-full` */
export function checkAttachment(attachment: Attachment): Attachment {
  const { ip, ip6, macAddress, aliases, interfaceName } = attachment;
  if (ip !== undefined && addressNumber(ip)?.version !== 4) throw new CalaError("address-invalid", `"${ip}" is not an IPv4 address`);
  if (ip6 !== undefined && addressNumber(ip6)?.version !== 6) throw new CalaError("address-invalid", `"${ip6}" is not an IPv6 address`);
  if (macAddress !== undefined) parseMacAddress(macAddress);
  requireRoom(aliases.length, room.aliases, `aliases on network "${attachment.network}"`);
  const wrong = aliases.find((alias) => !/^[a-zA-Z0-9_]([a-zA-Z0-9_.-]{0,251}[a-zA-Z0-9_])?$/.test(alias) || alias.split(".").some((label) => label.length === 0 || label.length > 63));
  if (wrong !== undefined) throw new CalaError("alias-invalid", `"${wrong}" cannot be a name in DNS`, { hint: "use letters, digits, hyphens and dots; 63 characters at most between dots" });
  if (interfaceName !== undefined && !/^[^\s/:]{1,15}$/.test(interfaceName)) throw new CalaError("network-option-invalid", `"${interfaceName}" is not the name of an interface`);
  return attachment;
}
