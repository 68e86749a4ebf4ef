import type { Bill } from './bill';
import type { Chamber, CommitteeRole, ReferralOutcome } from './enums';
import type { BillId, CommitteeId, ReferralId, SponsorId } from './ids';
import type { Sponsor } from './sponsor';

/** A committee or, with a parent, a sub-committee. */
export interface Committee {
  id: CommitteeId;
  slug: string;
  name: string;
  chamber: Chamber;
  parentId: CommitteeId | null;
  mandate: string | null;
  meetingWeekday: number | null;
  establishedOn: Date | null;
  parent?: Committee | null;
  members?: CommitteeMember[];
}

export interface CommitteeMember {
  committeeId: CommitteeId;
  sponsorId: SponsorId;
  role: CommitteeRole;
  joinedOn: Date;
  leftOn: Date | null;
  sponsor?: Sponsor;
}

/** A bill that was sent to a committee, and what came of it. */
export interface CommitteeReferral {
  id: ReferralId;
  billId: BillId;
  committeeId: CommitteeId;
  referredOn: Date;
  reportedOn: Date | null;
  outcome: ReferralOutcome | null;
  bill?: Bill;
  committee?: Committee;
}
