/** What text is an IP address; node:net knows too, but loading it costs a short command 4 ms. */

/** 4 or 6 when `text` is an IP address of that version, else 0. An IPv6 address may carry a zone (`fe80::1%eth0`). */
export function ipVersion(text: string): 0 | 4 | 6 {
  if (isIpv4(text)) return 4;
  return isIpv6(text) ? 6 : 0;
}

function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

/** Eight groups, of which `::` stands for at least one; the last two may be written as an IPv4 address (RFC 4291, section 2.2). */
function isIpv6(text: string): boolean {
  const [, address = ""] = /^([0-9A-Fa-f:.]+)(?:%[0-9A-Za-z._-]+)?$/.exec(text) ?? [];
  const halves = address.split("::");
  if (address === "" || halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const last = groups.at(-1) ?? "";
  const endsInIpv4 = last.includes(".") && !address.endsWith("::");
  const plain = endsInIpv4 ? groups.slice(0, -1) : groups;
  if (endsInIpv4 && !isIpv4(last)) return false;
  const count = plain.length + (endsInIpv4 ? 2 : 0);
  return plain.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group)) && (halves.length === 2 ? count <= 7 : count === 8);
}
