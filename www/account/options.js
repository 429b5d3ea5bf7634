// What an operator has saved, as options of the adapter. The host's fields are the keys of the
// connection page's form; empty ones are absent.

/** What a SIP softphone can't do without. */
const NEEDED = ['server', 'domain', 'account', 'password'];

/** The fields that are missing before a softphone can start. */
export function missing(fields, given, sip) {
  if (!sip) return Object.keys(fields).length ? [] : ['account'];
  return NEEDED.filter((name) => !fields[name] && !(name === 'server' && given.server));
}

/**
 * The adapter's options with the account laid over them. Adapters other than the SIP ones get the
 * fields as they are: only they know what to make of them.
 */
export function laidOver(given, fields, sip) {
  if (!sip) return { ...given, account: fields };
  const { server, domain, account, login, password, name, line, ice, turnUser, turnPassword } = fields;
  const own = {
    server,
    uri: `sip:${escaped(account)}@${domain}`,
    user: login,
    password,
    displayName: name,
    line,
    iceServers: ice && [{ urls: ice, ...(turnUser && { username: turnUser, credential: turnPassword }) }],
  };
  // What the operator left empty stays as the host has it.
  return { ...given, ...Object.fromEntries(Object.entries(own).filter(([, value]) => value)) };
}

// RFC 3261 allows these in a user part besides letters, digits and -_.!~*'().
const escaped = (user) => encodeURIComponent(user).replace(/%(2B|26|3D|24|2C)/g, decodeURIComponent);
