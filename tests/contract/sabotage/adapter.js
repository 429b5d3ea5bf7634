// The softphone that is broken as its options say.

import { AS_IT_SHOULD, sabotages } from './sabotages.js';
import { breakable } from './tools.js';

export default function sabotaged({ sabotage, ...options }) {
  const phone = breakable(options);
  const [, , , breaks] = sabotages.find(([what]) => what === sabotage) ?? [, , , AS_IT_SHOULD];
  breaks(phone);
  return phone;
}
