import type { Message } from '@taar/contracts';

type Kind = Message['messageType'];
export type PushTexts = {
  message: string;
  probe: string;
  signedInElsewhere: string;
  /** For a device whose refresh token was used twice, perhaps by another person. */
  signedOutForSafety: string;
  /** For the other devices of the same user. */
  otherSignedOut: string;
  signedOutRemotely: string;
  /** For a device whose session a sign-in on another device ended. */
  signedOutByAnother: string;
} & Partial<Record<Kind, string>>;

/** Texts of notifications, by language. */
const languages: Record<string, PushTexts> = {
  en: {
    message: 'New message',
    probe: 'Notifications work.',
    signedInElsewhere:
      'Your account was signed in on another device. If that was not you, remove the device and set a PIN.',
    signedOutForSafety:
      'This device was signed out: another person may have used its sign-in. Sign in again.',
    otherSignedOut: 'One of your devices was signed out: another person may have used its sign-in.',
    signedOutRemotely: 'This device was signed out from another one of your devices.',
    signedOutByAnother: 'This device was signed out: your account was signed in on another one.',
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
    signedInElsewhere:
      'আপনার অ্যাকাউন্টে অন্য একটি ডিভাইস থেকে সাইন ইন করা হয়েছে। আপনি না করে থাকলে ডিভাইসটি সরিয়ে দিন এবং একটি পিন সেট করুন।',
    signedOutForSafety:
      'এই ডিভাইস থেকে সাইন আউট করা হয়েছে: অন্য কেউ এর সাইন ইন ব্যবহার করে থাকতে পারে। আবার সাইন ইন করুন।',
    otherSignedOut: 'আপনার একটি ডিভাইস থেকে সাইন আউট করা হয়েছে: অন্য কেউ এর সাইন ইন ব্যবহার করে থাকতে পারে।',
    signedOutRemotely: 'এই ডিভাইস থেকে সাইন আউট করা হয়েছে, আপনার অন্য একটি ডিভাইস থেকে।',
    signedOutByAnother:
      'এই ডিভাইস থেকে সাইন আউট করা হয়েছে: আপনার অ্যাকাউন্টে অন্য একটি ডিভাইস থেকে সাইন ইন করা হয়েছে।',
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
    signedInElsewhere:
      'आपके खाते में किसी दूसरे डिवाइस से साइन इन किया गया है। अगर यह आपने नहीं किया, तो उस डिवाइस को हटाएँ और एक पिन सेट करें।',
    signedOutForSafety:
      'इस डिवाइस से साइन आउट कर दिया गया: हो सकता है किसी और ने इसका साइन इन इस्तेमाल किया हो। फिर से साइन इन करें।',
    otherSignedOut:
      'आपके एक डिवाइस से साइन आउट कर दिया गया: हो सकता है किसी और ने इसका साइन इन इस्तेमाल किया हो।',
    signedOutRemotely: 'आपके किसी दूसरे डिवाइस से इस डिवाइस को साइन आउट कर दिया गया।',
    signedOutByAnother:
      'इस डिवाइस से साइन आउट कर दिया गया: आपके खाते में किसी दूसरे डिवाइस से साइन इन किया गया है।',
    image: 'फ़ोटो',
    video: 'वीडियो',
    audio: 'ऑडियो',
    voice: 'वॉइस संदेश',
    document: 'दस्तावेज़',
    location: 'स्थान',
    contact: 'संपर्क',
  },
};

/** Texts in the language of a locale such as `bn-IN`; English if there are none. */
export const textsFor = (locale: string | null): PushTexts => {
  const language = locale?.toLowerCase().split(/[-_]/)[0] ?? '';
  return (Object.hasOwn(languages, language) ? languages[language] : undefined) ?? languages['en']!;
};
