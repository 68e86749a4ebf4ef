import type { Request, Response } from 'express';

import type {
  Amendment,
  Bill,
  BillSponsor,
  BillVersion,
  Comment,
  CommentReport,
  Committee,
  CommitteeMember,
  CommitteeReferral,
  InboxItem,
  Sponsor,
  Subscription,
  User,
  UserProfile,
  Vote,
} from '../domain/index';
import type { RegisterUserRequest } from '../contracts/user';
import type * as input from '../validation/index';

export interface Page<Item> {
  items: Item[];
  total: number;
  page: number;
}

/** What every resource can do. A missing row is `null`, never an exception. */
export interface Repository<Entity, Create, Update, Key = string> {
  list(query: object): Promise<Page<Entity>>;
  get(key: Key): Promise<Entity | null>;
  create(input: Create): Promise<Entity>;
  update(key: Key, changes: Update): Promise<Entity | null>;
  remove(key: Key): Promise<boolean>;
}

/** What the routes need; the server puts its implementation into `app.locals.services`. */
export interface Services {
  users: Repository<User, RegisterUserRequest, input.UpdateUser>;
  profiles: Repository<UserProfile, input.CreateUserProfile, input.UpdateUserProfile>;
  bills: Repository<Bill, input.CreateBill, input.UpdateBill>;
  billSponsors: Repository<BillSponsor, input.CreateBillSponsor, never>;
  billVersions: Repository<BillVersion, Omit<input.CreateBillVersion, 'contentSha256'>, never>;
  amendments: Repository<Amendment, input.CreateAmendment, input.UpdateAmendment>;
  sponsors: Repository<Sponsor, input.CreateSponsor, input.UpdateSponsor>;
  committees: Repository<Committee, input.CreateCommittee, input.UpdateCommittee, number>;
  committeeMembers: Repository<CommitteeMember, input.CreateCommitteeMember, never>;
  referrals: Repository<CommitteeReferral, input.CreateCommitteeReferral, never>;
  comments: Repository<Comment, input.CreateComment, input.UpdateComment>;
  commentReports: Repository<CommentReport, input.CreateCommentReport, never>;
  votes: {
    tally(billId: string): Promise<{ support: string; oppose: string }>;
    cast(vote: input.CreateVote): Promise<Vote>;
    withdraw(billId: string, userId: string): Promise<boolean>;
  };
  subscriptions: {
    listOf(userId: string): Promise<Subscription[]>;
    subscribe(subscription: input.CreateSubscription): Promise<Subscription>;
    unsubscribe(billId: string, userId: string): Promise<boolean>;
  };
  notifications: {
    inbox(userId: string, query: object): Promise<Page<InboxItem>>;
    markRead(id: string, userId: string): Promise<boolean>;
  };
  auditLog: { search(query: object): Promise<Page<input.AuditLog>> };
}

export function services(request: Request): Services {
  return request.app.locals['services'] as Services;
}

/** Who is logged in; the session middleware has put it there. */
export function currentUserId(response: Response): string {
  return response.locals['userId'] as string;
}

/** Sends what was found, or 404. */
export function sendFound(response: Response, found: object | null): void {
  if (found === null) {
    response.status(404).json({ error: 'not found' });
  } else {
    response.json(found);
  }
}

/** Sends 204 for what is gone now, 404 for what was not there. */
export function sendRemoved(response: Response, removed: boolean): void {
  response.sendStatus(removed ? 204 : 404);
}
