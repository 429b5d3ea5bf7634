// Many PBXs give a phone no address that outlives its connection (GRUU, RFC 5627): what leads back to the
// phone is the connection it last spoke on.

import { after } from 'node:test';

import { startKamailio } from '../support/kamailio.mjs';
import { tell } from '../support/sip-story.mjs';
import { reconnects } from './survival.mjs';

const server = await startKamailio({ gruu: false });
after(() => server.stop());

await tell('jssip', [reconnects], { server });
await tell('sipjs', [reconnects], { server });
