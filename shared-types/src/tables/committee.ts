import type { Chamber, CommitteeRole, ReferralOutcome } from '../domain/enums';
import type { BillId, CommitteeId, ReferralId, SponsorId } from '../domain/ids';

/** A row of `committees`. */
export interface CommitteeRow {
  id: CommitteeId;
  slug: string;
  name: string;
  chamber: Chamber;
  parent_id: CommitteeId | null;
  mandate: string | null;
  /** ISO: 1 is Monday. */
  meeting_weekday: number | null;
  established_on: Date | null;
}

export type NewCommittee = Pick<CommitteeRow, 'slug' | 'name' | 'chamber'> & Partial<CommitteeRow>;

/** A row of `committee_members`. */
export interface CommitteeMemberRow {
  committee_id: CommitteeId;
  sponsor_id: SponsorId;
  role: CommitteeRole;
  joined_on: Date;
  left_on: Date | null;
}

export interface NewCommitteeMember {
  committee_id: CommitteeId;
  sponsor_id: SponsorId;
  role?: CommitteeRole;
  joined_on?: Date;
  left_on?: Date | null;
}

/** A row of `committee_referrals`. */
export interface CommitteeReferralRow {
  id: ReferralId;
  bill_id: BillId;
  committee_id: CommitteeId;
  referred_on: Date;
  reported_on: Date | null;
  outcome: ReferralOutcome | null;
}

export interface NewCommitteeReferral {
  bill_id: BillId;
  committee_id: CommitteeId;
  referred_on: Date;
  reported_on?: Date | null;
  outcome?: ReferralOutcome | null;
}
