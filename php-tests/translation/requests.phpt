--TEST--
Translation: each request has the language of its client, also while others run; validation's messages too
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\{HttpClient, Server};

mkdir(temp_path('lang'));
foreach (['en' => 'Hello', 'de' => 'Hallo', 'pt_BR' => 'Olá'] as $locale => $hello) {
    file_put_contents(temp_path("lang/{$locale}.json"), json_encode(['hello' => "{$hello}, {name}!", 'validation.length.min' => "{$hello} {min}"]));
}
$server = Server::start(<<<'PHP'
    <?php
    use Highper\{Application, Translator};
    use Highper\Attribute\{Body, Length};
    final readonly class Title { public function __construct(#[Length(min: 3)] public string $text) {} }
    final class Greeter { public function __construct(private Translator $t) {} public function hello(string $name): string { return $this->t->get('hello', ['name' => $name]); } }
    exit(Application::create($argv[2])
        ->get('/hello/{name}', function (string $name, Greeter $greeter, Highper\Http\Request $request, Translator $t) {
            if ($chosen = $request->query('locale')) { $t->setLocale($chosen); }
            $first = $greeter->hello($name);
            for ($i = 0; $i < 10; $i++) { usleep(random_int(1, 300)); if ($greeter->hello($name) !== $first) { return 'mixed'; } }
            return Highper\scope(fn () => Highper\async(fn () => $greeter->hello($name))) === $first ? $first : 'mixed in a task';
        })
        ->post('/title', fn (#[Body] Title $title) => 'ok')
        ->run([$argv[0], '--workers', '1']));
    PHP, [temp_path('')]);
$get = fn (string $language, string $query = '') => $server->get("/hello/x{$query}", $language === '' ? [] : ['Accept-Language' => $language])->body;
check('by the client', [$get('de'), $get('de-AT, en;q=0.5'), $get('fr, pt;q=0.8, en;q=0.1'), $get('fr'), $get(''), $get('*')], ['Hallo, x!', 'Hallo, x!', 'Olá, x!', 'Hello, x!', 'Hello, x!', 'Hello, x!']);
check('by the request', $get('de', '?locale=pt-BR'), 'Olá, x!');
$clients = [];
$wanted = [];
for ($i = 0; $i < 30; $i++) {
    $clients[] = $client = new HttpClient($server->port);
    [$language, $hello] = [['en', 'Hello'], ['de', 'Hallo'], ['pt-BR', 'Olá']][$i % 3];
    $client->send('GET', "/hello/{$i}" . ($i % 2 ? '?locale=de' : ''), headers: ['Accept-Language' => $language]);
    $wanted[] = ($i % 2 ? 'Hallo' : $hello) . ", {$i}!";
}
check('never mixed', array_map(fn ($client) => $client->receive()->body, $clients), $wanted);
$answer = $server->request('POST', '/title', '{"text":"a"}', ['Content-Type' => 'application/json', 'Accept-Language' => 'de']);
check('rules', [$answer->status, $answer->json()['errors']], [422, ['text' => ['Hallo 3']]]);
check('end', $server->stop(), 0);
?>
--EXPECT--
ok: by the client
ok: by the request
ok: never mixed
ok: rules
ok: end
