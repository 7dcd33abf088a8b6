import type { Invocation } from '../machine.js';
import { isUnknown, shown } from '../marks.js';
import { isDisk } from '../roots.js';
import { ask, deny, type Objection } from './objection.js';

const FORMATTERS =
  /^(mkfs(\..*)?|mke2fs|mkdosfs|mkntfs|mkswap|newfs(_.*)?|mkreiserfs|mkudffs|mkexfatfs|format|format\.com|diskpart|wipefs|blkdiscard|cfdisk|fdisk|sfdisk|gdisk|sgdisk|cgdisk|parted|partprobe|pvcreate|pvremove|vgremove|lvremove|vgreduce|zpool|zfs|mdadm|cryptsetup|hdparm|nvme|badblocks|dcfldd|dc3dd|ddrescue|dd|shred|scrub|diskutil|flashrom|sg_format|sg_sanitize|ntfsclone|partclone\..*|partimage|btrfs|bcache|tune2fs|e2image|resize2fs|flash_erase|nandwrite|mmc|fwupdmgr|efibootmgr|sedutil-cli|storcli|megacli|dmsetup|asahi|clonezilla|xfs_db|debugfs|mkfs_msdos|gpt|fsck.*|swapon)$/;
const READS =
  /^(-l|--list|-n|--no-act|--noprobe|--help|-V|--version|-h|-L|--dry-run|list|status|info|print|-p|--print|--dump|-d|-I|-i|-t|-T|-C|smart-log|id-ctrl|id-ns|get|history|iostat|--detail|--examine|--scan|isLuks|luksDump|luksOpen|open|luksClose|close|subvolume|filesystem|show|snapshot|send|receive|mount|unmount|-v|--verify|--backup|-o)$/;
/** Words after which nothing of the disk's content is left. */
const ENDS: readonly (readonly [program: RegExp, word: RegExp])[] = [
  [/^zpool$/, /^(destroy|labelclear)$/],
  [/^zfs$/, /^destroy$/],
  [/^mdadm$/, /^--(zero-superblock|stop)$|^-S$/],
  [/^cryptsetup$/, /^(luksFormat|erase|luksErase|luksKillSlot|luksRemoveKey|reencrypt|format)$/],
  [
    /^hdparm$/,
    /^--(security-erase|security-erase-enhanced|trim-sector-ranges|make-bad-sector|dco-restore|yes-i-know.*)/,
  ],
  [/^nvme$/, /^(format|sanitize|delete-ns|write-zeroes|reset|write|dsm)$/],
  [/^(pvremove|vgremove|lvremove|vgreduce|flash_erase|nandwrite|sg_format|sg_sanitize)$/, /./],
  [
    /^diskutil$/,
    /^(erase\w*|partitiondisk|zerodisk|randomdisk|secureerase|reformat|deletevolume|apfs|eraseDisk|eraseVolume|partitionDisk|zeroDisk|randomDisk|secureErase)$/,
  ],
  [/^sgdisk$/, /^(-Z|--zap|--zap-all|-z|-o|--clear|-g)$/],
  [/^sfdisk$/, /^(--delete|--wipe|--wipe-partitions)/],
  [/^parted$/, /^(mklabel|mktable|rm|mkpart|resizepart)$/],
  [/^flashrom$/, /^(-w|-E|--write|--erase)$/],
  [/^efibootmgr$/, /^(-B|--delete-bootnum|-O)$/],
  [/^dmsetup$/, /^(remove_all|wipe_table|remove)$/],
  [/^sedutil-cli$/, /^--(revertTPer|yesIreallywanttoERASEALLmydatausingthePSID|PSIDrevert)/i],
  [/^(storcli|megacli)$/, /^(delete|-CfgClr|-CfgLdDel|erase)$/i],
  [/^badblocks$/, /^-\w*w/],
  [/^btrfs$/, /^(delete|remove)$/],
];

/** Disks and what writes to them below the file system. */
export function disks(call: Invocation): Objection[] {
  const { name, args } = call;
  const found: Objection[] = [];
  for (const { path } of call.writes) {
    if (isDisk(path)) found.push(deny('disk.write', `writes to a raw disk (${shown(path)})`));
  }
  if (
    /^(tee|cp|cat|pv|sponge|mv|ln|truncate|fallocate|shred|xxd|rsync|buffer|mbuffer|install|ntfsclone|qemu-img|bmaptool|etcher|balena|rpi-imager|gunzip|zcat|xzcat)$/.test(
      name,
    ) &&
    name !== 'cat'
  ) {
    const last = args.filter((arg) => !arg.startsWith('-'));
    const targets =
      name === 'tee' ||
      name === 'shred' ||
      name === 'truncate' ||
      name === 'mv' ||
      name === 'fallocate' ||
      name === 'sponge'
        ? last
        : last.slice(-1);
    if (last.length > 0 && targets.some(isDisk) && !(name === 'pv' || /zcat|xzcat|gunzip/.test(name))) {
      found.push(deny('disk.write', `writes to a raw disk (${shown(targets.find(isDisk) ?? '')})`));
    }
  }
  if (!FORMATTERS.test(name)) return found.length > 0 ? found : others(call);
  const writer = /^(dd|dcfldd|dc3dd)$/.test(name);
  if (writer) {
    const target = args.find((arg) => /^(of|hof|ofs|wipe|hwipe)=/i.test(arg));
    const path = target?.slice(target.indexOf('=') + 1) ?? '';
    if (isDisk(path)) found.push(deny('disk.write', `writes to a raw disk (${shown(path)})`));
    else if (isUnknown(path) && /^\/dev|^[\uE000-\uE002]+$/.test(path))
      found.push(ask('disk.unknown', 'writes to a disk that cannot be known beforehand'));
    else if (args.some((arg) => /^if=/.test(arg) && isDisk(arg.slice(3))))
      found.push(ask('disk.read', 'reads a raw disk'));
    else if (call.missing.length > 0)
      found.push(ask('disk.unknown', 'writes to a disk that cannot be known beforehand'));
    return found;
  }
  if (ENDS.some(([program, word]) => program.test(name) && args.some((arg) => word.test(arg)))) {
    if (/^(parted)$/.test(name) && !args.some((arg) => arg.startsWith('/dev/') || isUnknown(arg)))
      return [...found, ask('disk.image', 'changes partitions')];
    return [...found, deny('disk.erase', 'erases or repartitions a disk')];
  }
  const device = args.find((arg) => isDisk(arg) || /^\/dev\/(?!null|zero|u?random|loop)/.test(arg));
  const creates =
    /^(mkfs(\..*)?|mke2fs|mkdosfs|mkntfs|mkswap|newfs(_.*)?|mkreiserfs|mkudffs|mkexfatfs|blkdiscard|wipefs|pvcreate|shred|scrub|format|format\.com|dcfldd|ddrescue|partclone\..*|ntfsclone)$/.test(
      name,
    );
  if (creates) {
    if (
      args.some((arg) => /^(--help|-V|--version|-n|--no-act|-h)$/.test(arg)) ||
      (name === 'wipefs' && !args.some((arg) => /^-\w*[ao]|--all|--offset|--force/.test(arg)))
    )
      return found;
    if (device !== undefined) found.push(deny('disk.format', `erases ${shown(device)}`));
    else if (/^(format|format\.com)$/.test(name)) {
      if (args.some((arg) => /^[a-z]:/i.test(arg))) found.push(deny('disk.format', 'formats a drive'));
    } else if (name !== 'shred' && name !== 'scrub' && args.length + call.missing.length > 0)
      found.push(ask('disk.image', 'makes a new file system'));
    return found;
  }
  if (
    /^(fdisk|cfdisk|gdisk|cgdisk|sfdisk|sgdisk|diskpart|parted|zpool|mdadm|cryptsetup|tune2fs|resize2fs|hdparm|nvme|efibootmgr|debugfs|xfs_db|fwupdmgr|diskutil|fsck.*)$/.test(
      name,
    )
  ) {
    if (
      device !== undefined &&
      call.stdin !== null &&
      /^(fdisk|gdisk|sfdisk|parted)$/.test(name) &&
      !args.some((arg) => READS.test(arg))
    ) {
      found.push(deny('disk.erase', 'repartitions a disk'));
    } else if (!args.some((arg) => READS.test(arg)) && args.length > 0)
      found.push(ask('disk.tool', 'works on disks or file systems directly'));
  }
  return found;
}

/** They look at a disk, mount it or name it. */
const LOOKERS =
  /^(ls|lsblk|blkid|file|stat|test|\[|\[\[|echo|printf|mount|umount|findmnt|udevadm|smartctl|df|du|readlink|realpath|basename|dirname|grep|export|declare|local|read|for|eject|udisksctl|iostat|lsof|fuser|man|which|true|:|cryptsetup|findfs|e2label|blockdev|sg_inq|tune2fs|dumpe2fs|xfs_info|sudo|command|type|cd|git|rg|sed|awk|cat|set|unset|partx|kpartx)$/;

/** Programs that are not made for disks and are given one. */
function others({ name, args }: Invocation): Objection[] {
  if (LOOKERS.test(name)) return [];
  const at = args.findIndex((arg) => isDisk(arg.replace(/^[\w-]*=/, '')));
  if (at < 0) return [];
  const writes =
    /^(-o|-out|--output|--out|-O|--output-document|--to|-t)$/.test(args[at - 1] ?? '') ||
    /^--?\w*out\w*=/.test(args[at] ?? '') ||
    (/^(tar|bsdtar|gtar)$/.test(name) && args.slice(0, at).some((arg) => /^-?[a-zA-Z]*[cru][a-zA-Z]*f$/.test(arg)));
  const disk = shown(args[at] ?? '');
  return [
    writes ? deny('disk.write', `writes to a raw disk (${disk})`) : ask('disk.tool', `is given a raw disk (${disk})`),
  ];
}
