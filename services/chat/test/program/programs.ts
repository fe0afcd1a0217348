import { array, constantFrom, nat, oneof, record, subarray } from 'fast-check';
import { chatVerbs } from './chat-verbs.ts';
import { faultVerbs, nodeVerbs } from './fault-verbs.ts';
import { guestVerbs } from './guest.ts';
import { messageVerbs } from './message-verbs.ts';
import { type Step, type Verbs, isCut } from './step.ts';
import { type World, devicesInAll, peopleInAll } from './world.ts';

const common: Verbs = { ...messageVerbs, ...chatVerbs, ...guestVerbs, ...faultVerbs };
const verbs: Verbs = { ...common, ...nodeVerbs };
const often = ['send', 'send', 'sendOverRest', 'comeBack'];

/** Rather the first ones: what happens far from anything else meets no trouble. */
const few = (max: number) =>
  oneof({ weight: 3, arbitrary: nat({ max: 1 }) }, { weight: 1, arbitrary: nat({ max }) });

const programsOf = (names: string[]) =>
  array(
    array(
      record<Step>({
        verb: constantFrom(...names),
        who: oneof(constantFrom(0, 1), nat({ max: devicesInAll - 1 })),
        other: nat({ max: peopleInAll - 1 }),
        chat: few(5),
        back: few(12),
        nth: nat({ max: 12 }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    { minLength: 1, maxLength: 40, size: 'max' },
  );

/** Each of a few verbs, which then meet each other often. */
const programsWith = (names: string[]) =>
  subarray(Object.keys(common), { minLength: 4, maxLength: 12 }).chain((some) =>
    programsOf([...often, ...names, ...some]),
  );

export const programs = programsWith([]);
/** Of a world in which nodes are killed, too. */
export const programsWithDeaths = programsWith(Object.keys(nodeVerbs));

/** What stands in one group happens at the same time; refusals are answers too. */
export const run = async (world: World, program: Step[][]) => {
  for (const together of program)
    await Promise.all(
      together.map(async (step) => {
        try {
          await verbs[step.verb]!(world, step);
        } catch (error) {
          if (!isCut(error)) throw error;
        }
      }),
    );
};
