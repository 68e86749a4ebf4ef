import type { BillStatus, Chamber } from '../domain/enums';
import type { BillId } from '../domain/ids';

/** A row of the view `bill_overview`. */
export interface BillOverviewRow {
  id: BillId;
  bill_number: string;
  title: string;
  status: BillStatus;
  chamber: Chamber;
  introduced_on: Date | null;
  lead_sponsor: string | null;
  lead_party: string | null;
}

/** A row of the materialised view `bill_engagement`; `count(*)` is a `bigint`. */
export interface BillEngagementRow {
  bill_id: BillId;
  support: string;
  oppose: string;
  comments: string;
}
