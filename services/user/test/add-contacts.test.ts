import { describe, expect, test } from '@jest/globals';
import { userRest } from '@taar/contracts';
import { aPhoneNumber, aUser } from '@taar/testing/factories';
import { startUser } from './start.ts';

const { admin, as } = await startUser();

describe('POST /users/contacts', () => {
  test('answers 201 for a new contact, and 200 when it is repeated', async () => {
    const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
    const me = as(asha);
    const entry = { phoneNumber: biren.phoneNumber, name: 'Mum' };

    const first = await me.call(userRest.addContacts, entry);
    const second = await me.call(userRest.addContacts, { ...entry, name: 'Ma' });

    expect(first).toMatchObject({
      status: 201,
      body: {
        results: [
          {
            state: 'matched',
            contact: {
              contactName: 'Mum',
              phoneNumber: biren.phoneNumber,
              user: { id: biren.id },
            },
          },
        ],
      },
    });
    expect(second).toMatchObject({ status: 200, body: { results: [{ state: 'matched' }] } });
    const { body } = await me.call(userRest.listContacts, {});
    expect(body.items.map(({ contactName }) => contactName)).toEqual(['Ma']);
  });

  test('stores the number of an entry without an account only as a keyed hash', async () => {
    const asha = await aUser(admin);
    const phoneNumber = aPhoneNumber();

    const { body } = await as(asha).call(userRest.addContacts, { phoneNumber, name: 'Stranger' });

    expect(body.results[0]).toMatchObject({
      state: 'not_registered',
      contact: { user: null, registered: false, phoneNumber },
    });
    const listed = await as(asha).call(userRest.listContacts, {});
    expect(listed.body.items[0]).toMatchObject({ contactName: 'Stranger', phoneNumber: null });
    const { phoneHash, ...columns } = await admin.contact.findFirstOrThrow({
      where: { ownerId: asha.id },
    });
    const stored = [Buffer.from(phoneHash).toString('latin1'), ...Object.values(columns)];
    for (const value of stored) expect(String(value)).not.toContain(phoneNumber.slice(3));
  });

  test('reads every spelling of a number as one number', async () => {
    const owner = await aUser(admin, { phoneNumber: aPhoneNumber() });
    const me = as(owner);
    const number = aPhoneNumber();
    const national = number.slice(3);
    const fullWidth = [...number].map((c) => String.fromCodePoint(c.codePointAt(0)! + 0xfee0));
    const arabic = [...national].map((digit) => String.fromCodePoint(0x660 + Number(digit)));
    const written = [
      number,
      national,
      `0${national}`,
      `0091${national}`,
      `+91 ${national.slice(0, 5)} ${national.slice(5)}`,
      `+91-${national}`,
      fullWidth.join(''),
      `+91${arabic.join('')}`,
    ];

    for (const phoneNumber of written) {
      const { body } = await me.call(userRest.addContacts, { phoneNumber, name: 'One' });
      expect(body.results[0]!.contact!.phoneNumber).toBe(number);
    }
    expect(await admin.contact.count({ where: { ownerId: owner.id } })).toBe(1);
  });

  test('rejects an invalid number, an invalid name and the own number, and skips them in an upload', async () => {
    const owner = await aUser(admin);
    const me = as(owner);
    const wrong = [
      { phoneNumber: '123', name: 'Short' },
      { phoneNumber: '+1 555 0100 ext 5', name: 'Extension' },
      { phoneNumber: 'call 9876543210', name: 'Words' },
      { phoneNumber: aPhoneNumber(), name: '\u200b' },
      // Stored as two code points each.
      { phoneNumber: aPhoneNumber(), name: '\u0958'.repeat(200) },
      { phoneNumber: owner.phoneNumber, name: 'Me' },
    ];
    for (const entry of wrong)
      expect(await me.call(userRest.addContacts, entry)).toMatchObject({
        status: 400,
        body: { code: 'validation_failed' },
      });

    const right = { phoneNumber: aPhoneNumber(), name: 'Right' };
    const { status, body } = await me.call(userRest.addContacts, { contacts: [...wrong, right] });
    expect(status).toBe(200);
    expect(body.results.map(({ state }) => state)).toEqual([
      ...wrong.map(() => 'invalid'),
      'not_registered',
    ]);
  });

  test('accepts a thousand contacts at once, and not one more', async () => {
    const owner = await aUser(admin);
    const me = as(owner);
    const friend = await aUser(admin);
    const many = Array.from({ length: 999 }, (_, i) => ({
      phoneNumber: `+9177${String(10_000_000 + i)}`,
      name: `Number ${i}`,
    }));
    const thousand = [...many, { phoneNumber: friend.phoneNumber, name: 'Friend' }];

    const { body } = await me.call(userRest.addContacts, { contacts: thousand });
    expect(body.results).toHaveLength(1_000);
    expect(body.results.at(-1)).toMatchObject({ state: 'matched' });
    const again = await me.call(userRest.addContacts, { contacts: thousand });
    expect(again.status).toBe(200);
    const state = await admin.userState.findUniqueOrThrow({ where: { userId: owner.id } });
    expect(state.userVer).toBe(1n);

    const more = [...thousand, { phoneNumber: aPhoneNumber(), name: 'Too many' }];
    expect(await me.call(userRest.addContacts, { contacts: more })).toMatchObject({
      status: 413,
      body: { code: 'payload_too_large' },
    });
  });

  test('removes marks from names that change the direction of text', async () => {
    const me = as(await aUser(admin));
    const { body } = await me.call(userRest.addContacts, {
      phoneNumber: aPhoneNumber(),
      name: '\u202egpj.evil\n',
    });
    expect(body.results[0]!.contact!.contactName).toBe('gpj.evil');
  });
});
