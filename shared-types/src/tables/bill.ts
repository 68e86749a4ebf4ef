import type { BillPriority, BillStatus, BillType, Chamber } from '../domain/enums';
import type { BillId, SponsorId } from '../domain/ids';
import type { JsonObject, Timestamps } from './shared';

/** A row of `bills`. */
export interface BillRow extends Timestamps {
  id: BillId;
  bill_number: string;
  title: string;
  short_title: string | null;
  summary: string;
  bill_type: BillType;
  status: BillStatus;
  chamber: Chamber;
  session_year: number;
  introduced_on: Date | null;
  lead_sponsor_id: SponsorId | null;
  estimated_cost: string | null;
  view_count: string;
  tags: string[];
  metadata: JsonObject | null;
  priority: BillPriority;
}

type RequiredOfNewBill = 'bill_number' | 'title' | 'summary' | 'chamber' | 'session_year';

export type NewBill = Pick<BillRow, RequiredOfNewBill> & Partial<Omit<BillRow, RequiredOfNewBill>>;

export type BillUpdate = Partial<Omit<BillRow, 'id' | keyof Timestamps>>;
