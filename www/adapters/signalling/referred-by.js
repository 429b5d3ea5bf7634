/** The user of a Referred-By header (RFC 3892), `"Ann" <sip:102@pbx.example.com>;cid=…`. */
export const referredBy = (header) => /sips?:([^@\s;>]+)@/i.exec(header ?? '')?.[1];
