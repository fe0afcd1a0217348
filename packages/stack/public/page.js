import { connect, listChats, listMessages, openDirectChat, sendOtp, signIn } from './api.js';

const $ = (id) => document.getElementById(id);
const tabs = new BroadcastChannel('taar');
const chats = new Map();
const people = new Map();
/** The messages of the open chat, by `seq`. */
const shown = new Map();
let me;
let socket;
let openId;

const showingErrors = (work) => (event) => {
  event?.preventDefault?.();
  $('error').textContent = '';
  work(event).catch((error) => {
    $('error').textContent = error.message;
  });
};

const buttonFor = (text, isCurrent, onClick) => {
  const item = document.createElement('li');
  const button = document.createElement('button');
  button.textContent = text;
  button.setAttribute('aria-current', String(isCurrent));
  button.addEventListener('click', showingErrors(onClick));
  item.append(button);
  return item;
};

const titleOf = (chat) => (chat.isGroup ? chat.name : (chat.peer?.name ?? 'Unknown user'));

const showLists = () => {
  $('chats').replaceChildren(
    ...[...chats.values()].map((chat) =>
      buttonFor(titleOf(chat), chat.id === openId, () => openChat(chat.id)),
    ),
  );
  $('people').replaceChildren(
    ...[...people].map(([userId, name]) =>
      buttonFor(name, false, async () => {
        const chat = await openDirectChat(userId);
        chats.set(chat.id, chat);
        await openChat(chat.id);
      }),
    ),
  );
};

const itemFor = (message) => {
  const item = document.createElement('li');
  const system = message.messageType === 'system';
  item.className = system ? 'system' : message.senderId === me.id ? 'mine' : '';
  item.textContent = system ? message.metadata.event : message.content;
  return item;
};

const showMessages = (messages) => {
  for (const message of messages) if (message.chatId === openId) shown.set(message.seq, message);
  const inOrder = [...shown.values()].sort((a, b) => a.seq - b.seq);
  $('messages').replaceChildren(...inOrder.map(itemFor));
  $('messages').lastElementChild?.scrollIntoView({ block: 'end' });
};

const openChat = async (chatId) => {
  openId = chatId;
  shown.clear();
  $('title').textContent = titleOf(chats.get(chatId));
  $('message-form').hidden = false;
  showMessages(await listMessages(chatId));
  showLists();
  $('text').focus();
};

const loadChats = async () => {
  chats.clear();
  for (const chat of await listChats()) chats.set(chat.id, chat);
  showLists();
};

/** Loads the messages that were sent while there was no connection. */
const onAuthenticated = async () => {
  await loadChats();
  if (openId) showMessages(await listMessages(openId));
};

const onMessage = async ({ message }) => {
  if (!chats.has(message.chatId)) await loadChats();
  showMessages([message]);
  await socket.ask('message_received', { chatId: message.chatId, upToSeq: message.seq });
};

const enter = async ({ user, refresh }) => {
  me = user;
  $('me').textContent = `${user.name}, ${user.phoneNumber}`;
  $('code-form').hidden = true;
  $('app').hidden = false;
  socket = connect(refresh);
  socket.on('message_received', showingErrors(onMessage));
  socket.on('authenticated', showingErrors(onAuthenticated));
  tabs.postMessage({ hello: true, userId: me.id, name: me.name });
};

tabs.addEventListener('message', ({ data: { hello, userId, name } }) => {
  if (!me || userId === me.id) return;
  people.set(userId, name);
  if (hello) tabs.postMessage({ userId: me.id, name: me.name });
  showLists();
});

let verificationId;
$('phone').value = `+9198${Math.random().toString().slice(2, 10)}`;
$('number-form').addEventListener(
  'submit',
  showingErrors(async () => {
    ({ verificationId } = await sendOtp($('phone').value));
    $('number-form').hidden = true;
    $('code-form').hidden = false;
    $('code').focus();
  }),
);
$('code-form').addEventListener(
  'submit',
  showingErrors(async () => {
    const [name, phoneNumber, code] = ['name', 'phone', 'code'].map((id) => $(id).value);
    await enter(await signIn({ verificationId, phoneNumber, code, name }));
  }),
);
$('message-form').addEventListener(
  'submit',
  showingErrors(async () => {
    const content = $('text').value;
    $('text').value = '';
    const clientMessageId = crypto.randomUUID();
    const input = { chatId: openId, clientMessageId, content };
    const { message } = await socket.ask('send_message', input);
    showMessages([message]);
  }),
);
