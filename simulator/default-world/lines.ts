/** What people say, by language. Fictional throughout. */
export const lines = {
  english: [
    "Good morning! Are we still on for the 10 o'clock call?",
    "I just sent you the term sheet, can you have a look before noon?",
    "The client asked whether we can move settlement to Thursday.",
    "Sure, no problem 👍",
    "Price is 101.25, size 5m. Please confirm.",
    "Confirmed, thanks.",
    "Running ten minutes late, sorry.",
    "See https://www.contoso.com/research?id=42&lang=en <- the note I mentioned",
    "Let's take this to email & keep legal in copy.",
    "They countered at 3.75% — what do you think?",
    "Can you call me when you're out of the meeting?",
    "I'd rather not commit before the committee meets.",
    "Great work today, everyone 🎉",
    "Booked: table for 6 at 19:30.",
    "Who has the signed NDA?",
    "“Best efforts”, they said. Hm.",
  ],
  german: [
    "Guten Morgen, können wir das Gespräch auf 14:30 verschieben?",
    "Die Unterlagen für Herrn Größl liegen im Büro.",
    "Passt für mich, schöne Grüße aus München!",
    "Bitte die Überweisung über 12.500,00 € noch heute prüfen.",
  ],
  arabic: [
    "صباح الخير، هل يمكننا تأجيل الاجتماع إلى الساعة 3؟",
    "تم إرسال العقد، الرجاء المراجعة قبل نهاية اليوم.",
    "السعر 101.25 لعدد 5,000 وحدة (USD).",
    "شكرًا جزيلًا 🙏",
  ],
  hebrew: [
    "בוקר טוב, אפשר לדחות את הפגישה ל-15:00?",
    "שלחתי את החוזה (v2.pdf), נא לאשר עד הערב.",
    "מעולה, תודה רבה!",
  ],
  japanese: [
    "おはようございます。本日の会議は15時からでよろしいでしょうか。",
    "契約書を送付いたしました。ご確認をお願いいたします。",
    "承知しました。ありがとうございます😊",
  ],
  chinese: ["请确认一下报价:人民币 1,250,000 元。", "好的,收到,谢谢!", "明天下午三点开会可以吗?"],
  russian: [
    "Доброе утро! Документы готовы, отправлю до обеда.",
    "Подтверждаю: 5 млн по 101,25.",
    "Спасибо, до связи.",
  ],
  hindi: ["नमस्ते, क्या हम कल सुबह बात कर सकते हैं?", "ठीक है, धन्यवाद।", "बिल भेज दिया है, कृपया देख लें।"],
  portuguese: [
    "Bom dia! A proposta já está assinada?",
    "Ótimo, muito obrigada!",
    "Até amanhã então.",
  ],
  emoji: ["👩🏽‍💼👨‍👩‍👧‍👦🏳️‍🌈🇨🇭", "❤️‍🔥", "👍🏿👍🏻", "🤷‍♀️ no idea"],
} as const satisfies Record<string, readonly string[]>;

export type Language = keyof typeof lines;
