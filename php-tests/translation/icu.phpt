--TEST--
Translation: messages of ICU where intl is there: numbers, plural forms, choices, dates, by locale; requests at the same time; what is wrong
--EXTENSIONS--
intl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';

use Highper\{Application, Translator};
use function HighperTest\{check, temp_path};
use HighperTest\{HttpClient, Server};

mkdir(temp_path('lang'));
$write = fn (string $locale, array $messages) => file_put_contents(temp_path("lang/{$locale}.php"), '<?php return ' . var_export($messages, true) . ';');
$write('en', ['notes' => '{count, plural, =0 {no notes} one {# note} other {# notes}}', 'sum' => 'in all {sum, number}', 'by' => '{who, select, she {her note} other {their note}}', 'day' => 'on {day, date, ::yMMMMd}',
    'broken' => '{count, plural, one {#}', 'plain' => 'one note|{count} notes']);
$write('de', ['notes' => '{count, plural, one {# Notiz} other {# Notizen}}', 'sum' => 'zusammen {sum, number}', 'day' => 'am {day, date, ::yMMMMd}']);
$write('ru', ['notes' => '{count, plural, one {# заметка} few {# заметки} many {# заметок} other {# заметки}}']);
$t = Application::create(temp_path(''))->make(Translator::class);
check('plural forms', array_map(fn ($count) => $t->get('notes', ['count' => $count]), [0, 1, 2, 1234567]), ['no notes', '1 note', '2 notes', '1,234,567 notes']);
check('by choice()', [$t->choice('notes', 1), $t->choice('notes', 7), $t->choice('plain', 7)], ['1 note', '7 notes', '7 notes']);
check('numbers and dates', [$t->get('sum', ['sum' => 1234.5]), $t->get('day', ['day' => new DateTimeImmutable('2026-05-04 12:00')])], ['in all 1,234.5', 'on May 4, 2026']);
check('choices', [$t->get('by', ['who' => 'she']), $t->get('by', ['who' => 'x'])], ['her note', 'their note']);
check('of another language', $t->within('de', fn () => [$t->get('notes', ['count' => 1000]), $t->get('sum', ['sum' => 1234.5]), $t->get('day', ['day' => new DateTimeImmutable('2026-05-04 12:00')]), $t->get('by', ['who' => 'she'])]),
    ['1.000 Notizen', 'zusammen 1.234,5', 'am 4. Mai 2026', 'her note']);
check('of a third', $t->within('ru', fn () => array_map(fn ($count) => $t->choice('notes', $count), [1, 3, 5, 21])), ['1 заметка', '3 заметки', '5 заметок', '21 заметка']);
try {
    $t->get('broken', ['count' => 1]);
} catch (Highper\ConfigException $e) {
    echo $e->getMessage(), "\n";
}

$server = Server::start('<?php exit(Highper\Application::create(__DIR__)->get("/{n}", function (int $n, Highper\Translator $t): string { usleep(1000 * ($n % 3)); return $t->choice("notes", $n); })->run([$argv[0], "--workers", "1"]));');
$clients = array_map(fn () => new HttpClient($server->port), range(0, 19));
$wrong = [];
foreach (range(1, 5) as $round) {
    foreach ($clients as $at => $client) {
        $client->send('GET', '/' . ($at + 2), headers: ['Accept-Language' => $at % 2 ? 'de' : 'en']);
    }
    foreach ($clients as $at => $client) {
        $body = $client->receive()->body;
        if ($body !== ($at + 2) . ($at % 2 ? ' Notizen' : ' notes')) {
            $wrong[] = $body;
        }
    }
}
check('each request its own', $wrong, []);
unset($client, $clients);
check('end', $server->stop(), 0);
?>
--EXPECTF--
ok: plural forms
ok: by choice()
ok: numbers and dates
ok: choices
ok: of another language
ok: of a third
the message 'broken' of the locale en can't be formatted: %s
ok: each request its own
ok: end
