// The app's own words; everything clinical comes from the server. None of them may ever say more than the app knows.

import type { Language } from "./contract.js";

const WORDS = {
  en: {
    notTold: "The clinic has NOT been told yet. This phone goes on trying by itself.",
    refused: "This report could not be handed in as it is. Call your study team.",
    stored: "The clinic's system has this report.",
    help: "For help, name this request:",
    codeRefused: "This code was not taken. Check it, or ask your study team for a new one.",
    noAnswer: "No answer yet. This phone goes on trying.",
    signedOut: "You have been signed out. Ask your study team for a new code. What is not handed in yet still goes out.",
  },
  "zh-CN": {
    notTold: "研究中心尚未得知。本手机会自动继续尝试。",
    refused: "这份报告无法这样提交，请致电研究团队。",
    stored: "研究中心的系统已有此报告。",
    help: "如需帮助，请提供此请求编号：",
    codeRefused: "激活码未被接受。请核对，或向研究团队索取新的激活码。",
    noAnswer: "尚无回应。本手机会继续尝试。",
    signedOut: "您已退出登录。请向研究团队索取新的激活码。尚未提交的内容仍会继续提交。",
  },
} as const;

export const words = (language: Language): Record<keyof (typeof WORDS)["en"], string> => WORDS[language];
