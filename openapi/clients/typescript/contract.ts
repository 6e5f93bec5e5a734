// The shapes of the contract that the app uses, by their short names. All are generated: `make clients ARGS=typescript`.

import type { components } from "../build/types/contract.js";

type Schemas = components["schemas"];

export type Activation = Schemas["Activation"];
export type Rotation = Schemas["Rotation"];
export type DeviceTokens = Schemas["DeviceTokens"];
export type Me = Schemas["Me"];
export type FormList = Schemas["FormList"];
export type FormView = Schemas["FormView"];
export type LevelRule = Schemas["LevelRule"];
export type ScheduleView = Schemas["ScheduleView"];
export type ReminderList = Schemas["ReminderList"];
export type ReminderView = Schemas["ReminderView"];
export type ReceiptEntry = Schemas["ReceiptEntry"];
export type ReportSubmission = Schemas["ReportSubmission"];
export type BatchResults = Schemas["BatchResults"];
export type ReportView = Schemas["ReportView"];
export type Problem = Schemas["Problem"];
export type WhatToDo = Schemas["WhatToDo"];
export type Answers = ReportSubmission["answers"];
export type Language = ReportSubmission["language"];
