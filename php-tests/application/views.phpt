--TEST--
Views: templates over PHP's values, functions and filters from PHP, other engines, errors with their line, limits, reload
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\{HttpClient, Server};

$base = temp_path('views-app');
$write = function (string $name, string $text) use ($base): void {
    @mkdir(dirname("{$base}/views/{$name}"), 0777, true);
    file_put_contents("{$base}/views/{$name}", $text);
};
$write('layout.html', "<title>{% block title %}none{% endblock %}</title>{% block body %}{% endblock %}");
$write('macros.html', "{% macro item(text, class='plain') %}<li class=\"{{ class }}\">{{ text }}</li>{% endmacro %}");
$write('notes/index.html', "{% extends 'layout.html' %}{% import 'macros.html' as m %}{% block title %}{{ title }}{% endblock %}{% block body %}<ul>{% for note in notes %}{{ m.item(note.title, class=loop.index) }}{% else %}nothing{% endfor %}</ul>{% include 'notes/foot.html' %}{% endblock %}");
$write('notes/foot.html', '{{ app_name }} {{ url("notes.show", id=5) }}');
$write('values.html', '{{ i }}|{{ f }}|{{ t }}|{{ no }}|{{ null }}|{{ text }}|{{ html }}|{{ text|raw }}|{{ list[1] }}|{{ list|length }}|{{ map.k }}|{{ map["a b"] }}|{% for v in gaps %}{{ v }},{% endfor %}|{% for k, v in map|items %}{{ k }}={{ v }};{% endfor %}|{{ user.name }}|{{ user.age }}|{{ user.greet("x", 2) }}|{{ user.active }}|{{ user }}|{{ kind }}|{{ when|date("d.m.Y") }}|{{ 0|date("Y") }}|{% for g in gen %}{{ g }}{% endfor %}|{{ access.k }}|{{ magic.any }}|{{ map|tojson }}|{{ bytes }}|{{ "yes" if empty else "no" }}|{{ missing|default("d") }}');
$write('calls.html', '{{ double(21) }} {{ "a"|twice }} {{ bold("<") }} {{ args([1, "two", {"k": list}], list, n=1) }} {{ wait(3) }}');
$write('throws.html', "\n{{ fail() }}");
$write('unknown.html', "one\n\n{{ title.nothing.more }}");
$write('private.html', "{{ user.secret() }}");
$write('endless.html', "{% for a in range(100000) %}{% for b in range(100000) %}{{ b }}{% endfor %}{% endfor %}");
$write('circle.html', "{% include 'circle.html' %}");
$write('plain.txt', '{{ text }}');
$write('form.html', '{{ csrf_field() }}|{{ session("message", "none") }}');
$write('lay.php', '<h1><?= $e($title) ?></h1><aside><?= $this->section("side", "no side") ?></aside><?= $this->content() ?>');
$write('page.php', '<?php $this->layout("lay", ["title" => "<T>"]); $this->start("side"); ?>aside <?= $this->e($text) ?><?php $this->stop(); ?>body <?php usleep(500); ?><?= $this->include("plain.txt", ["text" => "inc"]) ?>');
$write('broken.php', 'before <?php throw new LogicException("in a view");');
$write('other.own', 'by {name}');
$write('outside.html', "{% include '../../etc/passwd' %}");
$write('object.html', "{{ plain }}");

$code = <<<'PHP'
    <?php
    use Highper\Attribute\{Controller, Get, Status, Template};
    use Highper\Http\{Request, Response};
    use Highper\View;
    use Highper\View\{Engine, Html};
    enum Kind: string { case Big = 'big'; }
    final class User {
        public string $name = '<Ada>'; private int $years = 36; private function secret() { return 's'; }
        public function getAge(): int { return $this->years; } public function isActive(): bool { return true; }
        public function greet(string $what, int $n): string { return str_repeat($what, $n); } public function __toString(): string { return 'user<'; }
    }
    final class Magic { public function __isset(string $n): bool { return $n === 'any'; } public function __get(string $n): mixed { return "magic {$n}"; } }
    final class OwnEngine implements Engine { public function render(string $file, array $data): string { return strtr(file_get_contents($_SERVER['BASE'] . "/views/{$file}"), ['{name}' => $data['name'] . $data['app_name']]); } }
    final class Pages {
        #[Template('notes/index'), Status(201)] public function index(): array { return ['title' => 'T', 'notes' => []]; }
        #[Template('notes/index')] public function direct(): Response { return Response::text('direct'); }
        #[Template('notes/index')] public function wrong(): string { return 'text'; }
    }
    $_SERVER['BASE'] = $argv[2];
    $app = Highper\Application::create($argv[2])->settings(['workers' => 1, 'access_log' => false])->sessions(['store' => 'memory'])
        ->views('views', ['own' => OwnEngine::class], ['limit' => 200_000])
        ->onStart(fn (View $v) => $v->share('app_name', 'Notes&')->function('double', fn (int $n) => $n * 2)->filter('twice', fn (string $s) => $s . $s)
            ->function('bold', fn (string $s) => new Html('<b>' . htmlspecialchars($s) . '</b>'))->function('args', fn (mixed ...$a) => json_encode($a))
            ->function('wait', function (int $n) { usleep(1000 * $n); return $n; })->function('fail', fn () => throw new DomainException('from PHP')));
    $app->get('/notes/{id}', fn (int $id) => $id)->name('notes.show');
    $app->get('/notes', fn () => Response::view('notes/index', ['title' => '<Notes>', 'notes' => [['title' => "it's"], ['title' => '"b" & c']]]));
    $app->get('/values', function () {
        $gen = (function () { yield 1; yield 2; })();
        return Response::view('values', ['i' => 5, 'f' => 1.5, 't' => true, 'no' => false, 'null' => null, 'text' => '<x>', 'html' => new Html('<i>'), 'list' => [1, 2, 3],
            'map' => ['k' => 'v<', 'a b' => 2], 'gaps' => [3 => 'c', 1 => 'a'], 'user' => new User, 'kind' => Kind::Big, 'when' => new DateTimeImmutable('2024-02-29'),
            'gen' => $gen, 'access' => new ArrayObject(['k' => 'at']), 'magic' => new Magic, 'bytes' => "a\xffb", 'empty' => []]);
    });
    $app->get('/view/{name:.+}', fn (string $name) => Response::view($name, ['title' => 't', 'list' => [7], 'text' => '<x>', 'user' => new User, 'plain' => new Magic, 'name' => 'me ']));
    $app->get('/index', [Pages::class, 'index']);
    $app->get('/direct', [Pages::class, 'direct']);
    $app->get('/wrong', [Pages::class, 'wrong']);
    $app->get('/late', fn (View $v) => $v->function('x', fn () => 1));
    $app->get('/string', fn (View $v) => [$v->has('plain.txt'), $v->has('none'), $v->render('plain.txt', ['text' => '<']), $v->has('../views/plain.txt')]);
    exit($app->run([$argv[0]]));
    PHP;
$server = Server::start($code, [$base], environment: ['APP_ENV' => 'production']);
$get = fn (string $path) => (new HttpClient($server->port))->request('GET', $path);
$notes = $get('/notes');
check('inheritance, macros, includes', [$notes->header('content-type'), $notes->body], ['text/html; charset=utf-8', '<title>&lt;Notes&gt;</title><ul><li class="1">it&#039;s</li><li class="2">&quot;b&quot; &amp; c</li></ul>Notes&amp; /notes/5']);
check('#[Template]', [$get('/index')->status, $get('/index')->body, $get('/direct')->body, $get('/wrong')->status], [201, '<title>T</title><ul>nothing</ul>Notes&amp; /notes/5', 'direct', 500]);
$values = explode('|', $get('/values')->body);
$wanted = ['5', '1.5', '1', '', '', '&lt;x&gt;', '<i>', '<x>', '2', '3', 'v&lt;', '2', 'c,a,', 'k=v&lt;;a b=2;', '&lt;Ada&gt;', '36', 'xx', '1', 'user&lt;', 'big', '29.02.2024', '1970', '12', 'at', 'magic any', '{"k":"v\u003c","a b":2}', "a\u{fffd}b", 'no', 'd'];
check('values', $values, $wanted);
check('functions and filters', $get('/view/calls')->body, '42 aa <b>&lt;</b> [[1,&quot;two&quot;,{&quot;k&quot;:[7]}],[7],{&quot;n&quot;:1}] 3');
check('plain text', $get('/view/plain.txt')->body, '<x>');
check('another engine', $get('/view/other')->body, 'by me Notes&');
check('PHP files', $get('/view/page')->body, '<h1>&lt;T&gt;</h1><aside>aside &lt;x&gt;</aside>body inc');
check('a PHP file that throws', [$get('/view/broken')->status, str_contains($server->log(), 'in a view')], [500, true]);
check('a form', preg_match('~^<input type="hidden" name="_token" value="[\w-]{86}">\|none$~', $get('/view/form')->body), 1);
check('by itself', $get('/string')->body, '[true,false,"<",false]');
foreach (['throws' => 'Uncaught DomainException: from PHP', 'unknown' => 'view unknown.html, line 3: ', 'private' => 'User has no public method secret()', 'endless' => 'view endless.html, line 1: it takes too long', 'circle' => 'view circle.html', 'none' => 'view none: there is no such view', 'object' => 'an object of class Magic can\'t be printed', '../views/plain.txt' => 'there is no such view', 'outside' => 'view outside.html'] as $name => $why) {
    $status = $get("/view/{$name}")->status;
    check("{$name} is told", [$status, str_contains($server->log(), $why) ?: $server->log()], [500, true]);
}
check('too late', $get('/late')->status, 500);

// Many at once, some of which wait in the middle of a page.
$clients = [];
for ($i = 0; $i < 20; $i++) {
    $clients[$i] = new HttpClient($server->port);
    $clients[$i]->send('GET', $i % 2 ? '/view/calls' : '/notes');
}
$bodies = array_map(fn ($c) => $c->receive()->body, $clients);
check('interleaved', [count(array_unique($bodies)), substr($bodies[1], 0, 5), substr($bodies[0], 0, 7)], [2, '42 aa', '<title>']);
check('nothing is read again in production', [$write('plain.txt', 'changed'), $get('/view/plain.txt')->body], [null, '<x>']);
check('ends', $server->stop(), 0);

$server = Server::start($code, [$base], environment: ['APP_ENV' => 'development']);
$get = fn (string $path) => (new HttpClient($server->port))->request('GET', $path);
$write('plain.txt', '{{ text }}!');
$first = $get('/view/plain.txt')->body;
$write('plain.txt', 'changed anew');
check('in development it is', [$first, $get('/view/plain.txt')->body], ['<x>!', 'changed anew']);
$page = (new HttpClient($server->port))->request('GET', '/view/unknown', '', ['Accept' => 'text/html'])->body;
check('and the page shows the line', str_contains($page, 'title.nothing.more') ?: $page);
$server->stop();

// What is wrong with a template is known at the start.
$write('bad.html', "fine\n{% if %}");
$server = Server::start($code, [$base], environment: ['APP_ENV' => 'production'], wait: false);
$server->waitForEnd();
check('at the start', preg_match('~cannot start: view bad.html, line 2: ~', $server->log()) ?: $server->log(), 1);
--EXPECT--
ok: inheritance, macros, includes
ok: #[Template]
ok: values
ok: functions and filters
ok: plain text
ok: another engine
ok: PHP files
ok: a PHP file that throws
ok: a form
ok: by itself
ok: throws is told
ok: unknown is told
ok: private is told
ok: endless is told
ok: circle is told
ok: none is told
ok: object is told
ok: ../views/plain.txt is told
ok: outside is told
ok: too late
ok: interleaved
ok: nothing is read again in production
ok: ends
ok: in development it is
ok: and the page shows the line
ok: at the start
