import { BlockList, isIP } from "node:net";

/** Networks that are not the public internet. @see IANA IPv4 and IPv6 Special-Purpose Address Registries */
const SPECIAL_NETWORKS = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
];

/** Of IPv6, only 2000::/3 is in use; these parts of it are special, or carry an IPv4 address that could be. */
const SPECIAL_NETWORKS_6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

function blockList(networks: readonly string[], family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", prefix] = network.split("/");
    list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

const special4 = blockList(SPECIAL_NETWORKS, "ipv4");
const special6 = blockList(SPECIAL_NETWORKS_6, "ipv6");
const global6 = blockList(["2000::/3"], "ipv6");

/** Whether an IP address belongs to the public internet; a text that is none does not. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !special4.check(address, "ipv4");
  // Mapped, compatible and translated IPv4 addresses lie outside 2000::/3.
  return family === 6 && global6.check(address, "ipv6") && !special6.check(address, "ipv6");
}
