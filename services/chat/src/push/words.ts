import type { Message } from '@taar/contracts';

type Kind = Message['messageType'];
type Words = { message: string; probe: string } & Partial<Record<Kind, string>>;

/** What a push says where it does not say the message itself. */
const languages: Record<string, Words> = {
  en: {
    message: 'New message',
    probe: 'Notifications work.',
    image: 'Photo',
    video: 'Video',
    audio: 'Audio',
    voice: 'Voice message',
    document: 'Document',
    location: 'Location',
    contact: 'Contact',
  },
  bn: {
    message: 'নতুন বার্তা',
    probe: 'বিজ্ঞপ্তি কাজ করছে।',
    image: 'ছবি',
    video: 'ভিডিও',
    audio: 'অডিও',
    voice: 'ভয়েস বার্তা',
    document: 'নথি',
    location: 'অবস্থান',
    contact: 'পরিচিতি',
  },
  hi: {
    message: 'नया संदेश',
    probe: 'सूचनाएँ काम कर रही हैं।',
    image: 'फ़ोटो',
    video: 'वीडियो',
    audio: 'ऑडियो',
    voice: 'वॉइस संदेश',
    document: 'दस्तावेज़',
    location: 'स्थान',
    contact: 'संपर्क',
  },
};

/** In the language of the device, whatever its region; English where we do not speak it. */
export const wordsFor = (locale: string | null): Words => {
  const language = locale?.toLowerCase().split(/[-_]/)[0] ?? '';
  return (Object.hasOwn(languages, language) ? languages[language] : undefined) ?? languages['en']!;
};
