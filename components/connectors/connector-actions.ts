import type { FormAction } from "@/components/shell/form-state";

/** What can be done on a connector's page, as the page hands it down. */
export type ConnectorActions = {
  readonly command: FormAction;
  readonly grantConsent: FormAction;
  readonly acknowledgeGap: FormAction;
  readonly remove: FormAction;
  readonly cancelRun: FormAction;
};

export type ConnectorRights = {
  readonly mayManage: boolean;
  readonly mayRequestConsent: boolean;
  readonly maySeeItems: boolean;
};
