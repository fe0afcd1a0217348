import { array, constantFrom, nat, oneof, record, subarray } from 'fast-check';
import { chatVerbs } from './chat-verbs.ts';
import { erasedMemberVerbs } from './erased-member.ts';
import { faultVerbs, nodeVerbs } from './fault-verbs.ts';
import { messageVerbs } from './message-verbs.ts';
import { type Step, type Verbs, isConnectionError } from './step.ts';
import { type World, deviceCount, peopleCount } from './world.ts';

const common: Verbs = { ...messageVerbs, ...chatVerbs, ...erasedMemberVerbs, ...faultVerbs };
const verbs: Verbs = { ...common, ...nodeVerbs };
const often = ['send', 'send', 'sendOverRest', 'goOnline'];

/** Prefers 0 and 1, so that steps meet on the same chats and messages. */
const mostlyFirst = (max: number) =>
  oneof({ weight: 3, arbitrary: nat({ max: 1 }) }, { weight: 1, arbitrary: nat({ max }) });

const programsOf = (names: string[]) =>
  array(
    array(
      record<Step>({
        verb: constantFrom(...names),
        who: oneof(constantFrom(0, 1), nat({ max: deviceCount - 1 })),
        other: nat({ max: peopleCount - 1 }),
        chat: mostlyFirst(5),
        back: mostlyFirst(12),
        nth: nat({ max: 12 }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    { minLength: 1, maxLength: 40, size: 'max' },
  );

/** Programs of a few verbs each, so that the same verbs meet often. */
const programsWith = (names: string[]) =>
  subarray(Object.keys(common), { minLength: 4, maxLength: 12 }).chain((some) =>
    programsOf([...often, ...names, ...some]),
  );

export const programs = programsWith([]);
/** Programs that kill nodes, too. */
export const programsWithKills = programsWith(Object.keys(nodeVerbs));

/** Runs the groups of a program in order, and the steps of a group concurrently. */
export const runProgram = async (world: World, program: Step[][]) => {
  for (const group of program)
    await Promise.all(
      group.map(async (step) => {
        try {
          await verbs[step.verb]!(world, step);
        } catch (error) {
          if (!isConnectionError(error)) throw error;
        }
      }),
    );
};
