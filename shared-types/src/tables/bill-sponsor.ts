import type { SponsorRole } from '../domain/enums';
import type { BillId, SponsorId } from '../domain/ids';

/** A row of `bill_sponsors`. */
export type BillSponsorRow = {
  bill_id: BillId;
  sponsor_id: SponsorId;
  role: SponsorRole;
  signed_on: Date;
};

export type NewBillSponsor = {
  bill_id: BillId;
  sponsor_id: SponsorId;
  role?: SponsorRole;
  signed_on?: Date;
};
