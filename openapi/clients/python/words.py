"""The app's own sentences, for what no server can say: that it has not been reached."""

WORDS = {
    "en": {
        "waiting": "The clinic has NOT been told yet. This phone goes on trying.",
        "refused": "This report could not be handed in as it is. Call the study team.",
        "help": "If you ask for help, name",
        "no-answer": "No answer. Check the network and press again.",
        "wrong-code": "This code was refused. Ask the study team for a new one.",
    },
    "zh-CN": {
        "waiting": "研究团队尚未收到通知。手机会继续尝试发送。",
        "refused": "这份报告无法提交，请致电研究团队。",
        "help": "求助时请提供编号",
        "no-answer": "没有回应。请检查网络后再按一次。",
        "wrong-code": "激活码无效，请向研究团队索取新的激活码。",
    },
}


def say(language: str, name: str) -> str:
    """Return a sentence in her language."""
    return WORDS.get(language, WORDS["en"])[name]
