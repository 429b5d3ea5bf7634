// The channel between the tabs of one browser on one portal: the hidden worker of each, and the
// app's own pages. A browser shares it with no other site. Its messages, each with a `type`:
//
//     account   an operator's account was saved
//     ask       a page wants to know how the tabs are
//     tab       what a tab answers, see diagnostics.js

/** The portal's name comes first in the name it gives each frame. www/app/common.js has the same line. */
export const tabs = () => new BroadcastChannel(`b24-call-worker ${globalThis.name.split('|')[0]}`);
