import { PayloadError, type Provider, parseObject } from './provider.ts';
import { checkPrefixedSignature } from './signatures.ts';

/** Whatever signs its requests as this server asks: `x-zenml-signature-256`, `x-zenml-event`, `x-zenml-delivery`. */
export const custom: Provider = {
  type: 'custom',
  configurationName: 'CustomWebhookConfiguration',
  targets: {},
  authenticate: (body, headerOf, secret) => checkPrefixedSignature(body, headerOf, secret, 'x-zenml-signature-256'),
  parse(body, headerOf) {
    const payload = parseObject(body);
    const type = headerOf('x-zenml-event');
    if (type === '') throw new PayloadError('Missing required x-zenml-event header.');
    return { event: { type, deliveryId: headerOf('x-zenml-delivery') || undefined, payload } };
  },
  semantic: () => undefined,
};
