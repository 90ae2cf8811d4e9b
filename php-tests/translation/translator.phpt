--TEST--
Translation: files, places, plural forms, fall-back, what is wrong; validation speaks the language
--FILE--
<?php
require __DIR__ . '/../lib/test.php';

use Highper\{Application, Translator};
use Highper\Attribute\Length;
use Highper\Validation\Validator;
use function Highper\{async, scope};
use function HighperTest\{check, temp_path};

mkdir(temp_path('lang/de'), recursive: true);
mkdir(temp_path('config'));
$write = fn (string $file, string $text) => file_put_contents(temp_path($file), $text);
$write('lang/en.php', '<?php return ["hello" => "Hello, {name}!", "notes" => ["count" => "{0} no notes|one note|{count} notes", "only" => "only here"], "validation" => ["length" => ["min" => "needs {min} characters"]]];');
$write('lang/de.php', '<?php return ["hello" => "Hallo, {name}!", "validation" => ["length.min" => "braucht {min} Zeichen"]];');
$write('lang/de/notes.php', '<?php return ["count" => "eine Notiz|{count} Notizen"];');
$write('lang/de_CH.json', '{"hello": "Grüezi, {name}!", "A whole sentence.": "Ein ganzer Satz.", "deep": {"er": "tief"}}');
$write('lang/ru.php', '<?php return ["notes" => ["count" => "{count} заметка|{count} заметки|{count} заметок"]];');
$write('lang/README.md', 'none');
final readonly class Title { public function __construct(#[Length(min: 3)] public string $text) {} }

$app = Application::create(temp_path(''));
$t = $app->container()->get(Translator::class);
check('of the application', $t === $app->make(Translator::class));
check('locales', $t->locales(), ['en', 'de', 'de_CH', 'ru']);
check('the default', [$t->locale(), $t->get('hello', ['name' => 'Ann'])], ['en', 'Hello, Ann!']);
check('places', [$t->get('hello'), $t->get('hello', ['name' => '{name}']), $t->get('hello', ['name' => 5])], ['Hello, {name}!', 'Hello, {name}!', 'Hello, 5!']);
check('no message', [$t->get('nothing.{x}', ['x' => 1]), $t->has('nothing'), $t->has('hello')], ['nothing.1', false, true]);
check('another locale', [$t->get('hello', ['name' => 'Ann'], 'de'), $t->get('hello', ['name' => 'Ann'], 'de-AT'), $t->get('hello', ['name' => 'Ann'], 'DE-ch')], ['Hallo, Ann!', 'Hallo, Ann!', 'Grüezi, Ann!']);
check('wider ones, then the fall-back', [$t->choice('notes.count', 2, locale: 'de_CH'), $t->get('notes.only', [], 'de_CH'), $t->get('A whole sentence.', [], 'de_CH'), $t->get('deep.er', [], 'de_CH')], ['2 Notizen', 'only here', 'Ein ganzer Satz.', 'tief']);
check('plural forms', array_map(fn ($n) => $t->choice('notes.count', $n), [0, 1, 2, 1.5]), ['no notes', 'one note', '2 notes', '1.5 notes']);
check('of the language', array_map(fn ($n) => $t->choice('notes.count', $n, [], 'ru'), [1, 3, 5, 11, 21]), ['1 заметка', '3 заметки', '5 заметок', '11 заметок', '21 заметка']);
check('its own count', $t->choice('notes.count', 1000, ['count' => '1,000']), '1,000 notes');
$t->setLocale('de-DE');
check('chosen', [$t->locale(), $t->get('hello', ['name' => 'Ann'])], ['de', 'Hallo, Ann!']);
check('for a while', [$t->within('ru', fn () => $t->choice('notes.count', 2)), $t->locale()], ['2 заметки', 'de']);
try {
    $t->within('ru', fn () => throw new LogicException('no'));
} catch (LogicException) {
    check('also when it throws', $t->locale(), 'de');
}
check('validation', $app->make(Validator::class)->errors(Title::class, ['text' => 'a']), ['text' => ['braucht 3 Zeichen']]);
$t->setLocale('ru');
check('validation falls back', $app->make(Validator::class)->errors(Title::class, ['text' => 'a']), ['text' => ['needs 3 characters']]);
$seen = scope(fn () => array_map(fn (int $n) => async(function () use ($t, $n) {
    $locale = ['en', 'de', 'ru'][$n % 3];
    $t->setLocale($locale);
    for ($i = 0; $i < 20; $i++) {
        usleep(random_int(1, 50));
        if ($t->locale() !== $locale || Highper\await(async(fn () => $t->locale())) !== $locale) {
            return 'mixed';
        }
    }
    return $t->get('notes.only') === 'only here' && $t->get('hello', ['name' => 'x']) === ['Hello, x!', 'Hallo, x!', 'Hello, x!'][$n % 3];
}), range(1, 60)));
check('coroutines never mix', array_unique($seen), [1 - 1 => true]);
check('what was chosen outside is as it was', $t->locale(), 'ru');

foreach ([fn () => $t->setLocale('fr'), fn () => $t->setLocale('../x'), fn () => $t->get('hello', [], '../../etc/passwd'), fn () => $t->get('hello', ['name' => new stdClass]),
    fn () => Application::create(__DIR__)->make(Translator::class)->setLocale('en')] as $wrong) {
    try {
        $wrong();
        echo "nothing was wrong\n";
    } catch (Error $e) {
        echo get_class($e), ': ', $e->getMessage(), "\n";
    }
}
// Names of their own: OPcache may keep a file for a second or two.
$wrongs = [['xa', 'php', '<?php return 5;'], ['xb', 'php', '<?php return ["a" => ["b" => 5]];'], ['xc', 'json', '{"a": 5}'], ['xd', 'json', '{"a"'], ['xe', 'php', '<?php throw new LogicException("broken");']];
foreach ($wrongs as [$locale, $kind, $text]) {
    $write("lang/{$locale}.{$kind}", $text);
    try {
        echo Application::create(temp_path(''))->make(Translator::class)->get('hello', [], $locale), "\n";
    } catch (Exception $e) {
        echo get_class($e), ': ', preg_replace('~\S*/~', '', $e->getMessage()), "\n";
    }
}
$write('config/app.php', '<?php return ["locale" => "de", "fallback_locale" => "ru"];');
$t = Application::create(temp_path(''))->make(Translator::class);
check('configured', [$t->locales()[0], $t->has('notes.only', 'ru'), $t->choice('notes.count', 5, locale: 'en')], ['de', false, '5 notes']);
?>
--EXPECT--
ok: of the application
ok: locales
ok: the default
ok: places
ok: no message
ok: another locale
ok: wider ones, then the fall-back
ok: plural forms
ok: of the language
ok: its own count
ok: chosen
ok: for a while
ok: also when it throws
ok: validation
ok: validation falls back
ok: coroutines never mix
ok: what was chosen outside is as it was
ValueError: Highper\Translator::setLocale(): Argument #1 ($locale) must be one of en, de, de_CH, ru, 'fr' given
ValueError: Highper\Translator::setLocale(): Argument #1 ($locale) must be one of en, de, de_CH, ru, '../x' given
ValueError: Highper\Translator::get(): Argument #3 ($locale) must be a locale such as en or de_CH
Error: Object of class stdClass could not be converted to string
ValueError: Highper\Translator::setLocale(): Argument #1 ($locale) can't be chosen: the folder lang/ has no messages
Highper\ConfigException: xa.php must return an array of messages, int returned
Highper\ConfigException: xb.php: the message 'a.b' must be a text, int given
Highper\ConfigException: xc.json: the message 'a' must be a text, 5 given
Highper\ConfigException: xd.json is not valid JSON: EOF while parsing an object at line 1 column 4
LogicException: broken
ok: configured
