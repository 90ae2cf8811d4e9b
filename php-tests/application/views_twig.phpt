--TEST--
Twig as an engine of views, many pages at the same time
--SKIPIF--
<?php
if (!is_file('/usr/share/php/Twig/autoload.php')) {
    die('skip needs php-twig');
}
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\{HttpClient, Server};

$base = temp_path('twig-app');
mkdir("{$base}/views", recursive: true);
file_put_contents("{$base}/views/layout.twig", '<h1>{% block title %}{% endblock %}</h1>');
file_put_contents("{$base}/views/page.twig", "{% extends 'layout.twig' %}{% block title %}{{ pause() }}{{ title }}{% endblock %}");
file_put_contents("{$base}/views/bad.twig", "\n{{ nothing() }}");
$server = Server::start(<<<'PHP'
    <?php
    require '/usr/share/php/Twig/autoload.php';
    use Highper\Http\Response;
    final class TwigEngine implements Highper\View\Engine {
        private Twig\Environment $twig;
        public function __construct(Highper\Application $app) {
            $this->twig = new Twig\Environment(new Twig\Loader\FilesystemLoader($app->basePath('views')));
            $this->twig->addFunction(new Twig\TwigFunction('pause', function () { usleep(500); return ''; }));
        }
        public function render(string $file, array $data): string { return $this->twig->render($file, $data); }
    }
    $app = Highper\Application::create($argv[2])->settings(['workers' => 1, 'access_log' => false])->views('views', ['twig' => TwigEngine::class]);
    $app->get('/{name}/{title}', fn (string $name, string $title) => Response::view($name, ['title' => $title]));
    exit($app->run([$argv[0]]));
    PHP, [$base]);
$clients = [];
for ($i = 0; $i < 20; $i++) {
    $clients[$i] = new HttpClient($server->port, 20.0);
    $clients[$i]->send('GET', "/page/%3C{$i}");
}
$right = 0;
foreach ($clients as $i => $client) {
    $right += (int) ($client->receive()->body === "<h1>&lt;{$i}</h1>");
}
check('pages', $right, 20);
check('an error', (new HttpClient($server->port))->request('GET', '/bad/x')->status, 500);
$server->waitForLog('bad.twig:2');
check('ends', $server->stop(), 0);
--EXPECT--
ok: pages
ok: an error
ok: ends
