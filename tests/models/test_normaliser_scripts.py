"""Every script and language comes through: what is for English words leaves others alone."""

# ruff: noqa: RUF001 - the texts are in the scripts that people use

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upstander.models.normaliser import normalise

WORDS = {
    "am": "ሰላም ለሁሉም ጎረቤቶቻችን ጥሩ ሰዎች ናቸው",
    "ar": "مرحبا بكم في المدينة القديمة هؤلاء الناس جيراننا الأعزاء لَهُم حَقٌّ",
    "bn": "শরণার্থীরা আমাদের প্রতিবেশী র\u200dযাব ভালো মানুষ",
    "el": "Αυτοί είναι οι γείτονές μας και τους αγαπάμε πολύ ναι όχι",
    "fa": "می\u200cخواهم کتاب\u200cها را نمی\u200cدانم همسایه\u200cهای ما مهربان\u200cاند",
    "he": "שלום השכנים שלנו אנשים טובים מאוד",
    "hi": "नमस्ते शरणार्थी हमारे पड़ोसी हैं क्\u200dष श्री ज़रूर हिन्दी में स्त्\u200cरी",
    "hy": "Մեր հարևանները լավ մարդիկ են սոսուս օձ",
    "ka": "ჩვენი მეზობლები კარგი ხალხია",
    "ko": "난민들은 우리의 이웃입니다 안녕하세요 ㅋㅋㅋㅋ 정말 고마워요",
    "ml": "അവൻ്റെ അയൽക്കാർ നല്ല ആളുകളാണ് ന്\u200d ഠഠ",
    "mr": "शेजारी चांगले आहेत आणि कष्ट करतात",
    "ru": "Мой друг сказал что росла сосна рост нос сор оса рак сухари Привет",
    "sr": "Наши суседи су добри људи јер раде свој посао",
    "ta": "அகதிகள் எங்கள் அண்டை வீட்டார் நல்லவர்கள்",
    "uk": "Наші сусіди хороші люди і це її їжа",
    "ur": "پناہ گزین ہمارے پڑوسی ہیں اور اچھے لوگ",
}
"""Words between which a space stands."""

RUN_ON = {
    "ja": "難民 は 隣人 です ありがとう カタカナ ー 、 。",
    "km": "ជនភៀសខ្លួន ជា អ្នកជិតខាង របស់ យើង",
    "my": "ဒုက္ခသည် များ သည် ကျွန်ုပ် တို့ ၏ အိမ်နီးချင်း",
    "th": "ผู้ลี้ภัย คือ เพื่อนบ้าน ของ เรา น้ำ ทำ",
    "zh": "难民 是 我们 的 邻居 今天 天气 很 好 。 、",
}
"""Words between which nothing stands."""

LATIN = {
    "cs": "Naši sousedé jsou hodní lidé a každý den nám pomáhají řešit věci",
    "de": "Die biologischen und muslimischen Fitnessstudios im Abfallland sind über Nacht groß",
    "es": "¿Qué dicen los importantes vecinos? ¡Ellos también están arrestados!",
    "fr": "Les réfugiés d'à côté sont très gentils et ça m'étonne où qu'ils aillent",
    "hi-Latn": "Mere padosi bahut achhe log hain aur roz madad karte rehte hain",
    "id": "Tetangga kami orang baik dan setiap hari mereka membantu kami",
    "it": "I migranti italiani sono arrivati perché lì c'è più lavoro che qui",
    "nl": "De psychologische en biologische vluchtelingen wonen naast ons in het geïsoleerde huis",
    "pl": "Nasi sąsiedzi są mili i zawsze pomagają nam, gdy żółw gęsi łódź ćmi",
    "pt": "Os vizinhos são pessoas boas e não há ninguém à espera, kkkkkk",
    "sv": "Våra grannar är snälla människor som hjälper oss varje dag i året",
    "tr": "Sarı evi satın aldılar, altın akın akın dalı basın ışık İstanbul",
    "vi": "Hàng xóm của chúng tôi là những người tốt bụng và đẹp lắm",
}


def assert_unharmed(text: str) -> None:
    result = normalise(text)
    assert result.text == unicodedata.normalize("NFKC", text)
    assert not result.obfuscated


@pytest.mark.parametrize("language", WORDS)
@settings(max_examples=20)
@given(data=st.data())
def test_words_of_another_script_come_through(language: str, data: st.DataObject) -> None:
    words = data.draw(st.lists(st.sampled_from(WORDS[language].split(" ")), min_size=1))
    assert_unharmed(" ".join(words))


@pytest.mark.parametrize("language", RUN_ON)
@settings(max_examples=20)
@given(data=st.data())
def test_words_without_spaces_come_through(language: str, data: st.DataObject) -> None:
    words = data.draw(st.lists(st.sampled_from(RUN_ON[language].split(" ")), min_size=1))
    assert_unharmed("".join(words))


@pytest.mark.parametrize("language", LATIN)
@settings(max_examples=20)
@given(data=st.data())
def test_words_of_another_language_in_latin_letters_come_through(
    language: str, data: st.DataObject
) -> None:
    words = data.draw(st.permutations(LATIN[language].split(" ")))
    assert_unharmed(" ".join(words))


@pytest.mark.parametrize(
    "text",
    [
        "汉" * 200,
        "ไทย" * 60,
        "biologischen",
        "Die muslimischen Nachbarn",
        "Heute sind #Islamisten und #Terroristen nicht unsere Nachbarn",
        "los vecinos dicen que eso es #musica y nada más",
        "Попроси CEOа прислать SMSы об этом",
        "@他们都是我们的好邻居而且每天都来帮忙我们",
        "عام ـ جديد",
    ],
)
def test_honest_text_of_other_languages_comes_through(text: str) -> None:
    assert_unharmed(text)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("ﻣﺮﺣﺒﺎ", "مرحبا"),
        ("جـــمـيل", "جميل"),
        ("اـ\u0653ت", "آت"),
        ("ＡＢＣ，１２３！", "ABC,123!"),
        ("ﾊﾛｰ ﾊﾞｽ", "ハロー バス"),
        ("\u1112\u1161\u11ab글", "한글"),
        ("看http://t.cn/abc这些邻居很好", "看http这些邻居很好"),
        ("https://example.com/a입니다", "http입니다"),
        ("你好@张三:你们来了吗", "你好@user:你们来了吗"),
        ("@bob你们来了吗", "@user你们来了吗"),
        ("@राजेश नमस्ते", "@user नमस्ते"),
        (
            "Wir sagen heute #refugeeswelcome und #MeToo danke",
            "Wir sagen heute #refugees welcome und #Me Too danke",
        ),
        ("सुनो #breakingnews आज", "सुनो #breaking news आज"),
        ("汉" + "a" * 170, "汉" + " ".join(["a" * 80, "a" * 80, "a" * 10])),
    ],
)
def test_what_is_written_otherwise_in_other_scripts(sent: str, expected: str) -> None:
    result = normalise(sent)
    assert result.text == expected
    assert not result.obfuscated
    assert normalise(result.text).text == result.text


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("the fılthy house", "the filthy house"),
        ("thıs ıs what they saıd about fılthy shıps", "this ıs what they said about filthy ships"),
        ("they call Mr Zеlеnskу that", "they call Mr Zelensky that"),
    ],
)
def test_evasion_in_english_is_still_undone(sent: str, expected: str) -> None:
    result = normalise(sent)
    assert result.text == expected
    assert result.obfuscated


def test_a_widened_word_leads_back_to_what_was_written() -> None:
    sent = "يا جـــميل جدا"
    result = normalise(sent)
    begin = result.text.index("جميل")
    first, last = result.original_span(begin, begin + len("جميل"))
    assert sent[first:last] == "جـــميل"
