// What a dialog is known by outside of it. Whoever is registered and knows Call-ID and tags can take the
// call: they go into no log, no report and no message of an error.

/** What a Replaces must say to mean this leg's dialog, as its far end sees it (RFC 3891). */
export function replaces(leg) {
  const { callId, localTag, remoteTag } = leg.dialog.dialog;
  return `${callId};to-tag=${remoteTag};from-tag=${localTag}`;
}

/** Of all Supported headers of a message. */
export const optionTags = (headers = []) => headers.flatMap((value) => value.split(',')).map((tag) => tag.trim().toLowerCase()).filter(Boolean);

export const supports = (leg, tag) => leg.dialog.supported.includes(tag);
