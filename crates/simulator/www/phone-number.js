// A number as the portal writes it into a card's title.

import { config } from './server.js';

/** `+1 202-555-0123`; what is no number of that plan stands as it came. */
export function formatted(number) {
  const [, area, exchange, line] = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number) ?? [];
  return area ? `+1 ${area}-${exchange}-${line}` : String(number);
}

/** The page's own title for a call. */
export function cardTitle({ phoneNumber, companyPhoneNumber, portalCall, portalCallUserId }, direction) {
  if (phoneNumber === 'unknown') return 'Unknown number';
  const number = phoneNumber === 'hidden' ? 'Hidden number' : formatted(phoneNumber);
  if (direction === 'callback') return `Callback to ${number}`;
  const colleague = portalCall && config.directory.employees.find(({ id }) => id === Number(portalCallUserId));
  if (colleague) return `Call ${direction === 'incoming' ? 'from' : 'to'} ${colleague.name} ${colleague.lastName}`;
  const title = `${direction === 'incoming' ? 'Incoming call from' : 'Outgoing call to'} ${number}`;
  return direction === 'incoming' && companyPhoneNumber ? `${title}, to ${companyPhoneNumber}` : title;
}
