--TEST--
Responses: files by ranges, downloads, MessagePack by Accept, redirects to names and back, early hints
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\{HttpClient, Server};

$file = temp_path('letters.txt');
file_put_contents($file, implode('', range('a', 'z')));
$server = Server::start(<<<'PHP'
    <?php
    use Highper\Attribute\{Controller, Get};
    use Highper\Http\{Request, Response};
    final class Money implements JsonSerializable { public function jsonSerialize(): mixed { return ['amount' => 7]; } }
    final class Notes {
        public function show(int $id): string { return "note {$id}"; }
    }
    $app = Highper\Application::create(__DIR__)->settings(['workers' => 1, 'access_log' => false, 'message_pack' => true]);
    $file = $argv[2];
    $app->get('/file', fn () => Response::file($file));
    $app->get('/save', fn () => Response::download($file));
    $app->get('/named', fn () => Response::file($file, 'Grüße "1".txt')->withHeader('Content-Type', 'text/x-own')->withCookie('a', 'b'));
    $app->get('/report', fn () => Response::text('a;b')->asDownload('a/b.csv'));
    $app->get('/missing', fn () => Response::file($file . '.not'));
    $app->get('/data', fn () => ['a' => [1, -1, 200, 70000, 5000000000, -200, -40000, -3000000000, PHP_INT_MIN], 'b' => 1.5, 'c' => null, 'd' => [true, false], 'e' => new Money, 'f' => "\xff", 3 => 'ü']);
    $app->get('/list', fn () => range(1, 20));
    $app->get('/packed', fn () => Response::msgpack(['k' => str_repeat('x', 300)], 201));
    $app->get('/deep', function () { $a = []; for ($i = 0; $i < 600; $i++) { $a = [$a]; } return Response::msgpack($a); });
    $app->get('/old/{id}', fn (int $id) => Response::route('notes.show', ['id' => $id, 'q' => 'a b', 'none' => null], 301));
    $app->get('/nowhere', fn () => Response::route('notes.edit'));
    $app->get('/hi/{name}', fn (string $name) => "hi {$name}")->name('hi');
    $app->group('/admin', function (Highper\Routes $r) { $r->get('/users', fn () => 'users')->name('admin.users'); });
    $app->get('/urls', fn () => [$app->url('hi', ['name' => 'ä/b']), $app->url('admin.users', ['page' => 2, 'all' => true])]);
    $app->get('/back', fn () => Response::back('/home'));
    $app->get('/hints', fn (Request $r) => [$r->earlyHints('</app.css>; rel=preload; as=style', '</app.js>; rel=preload; as=script')]);
    $app->get('/badhint', fn (Request $r) => $r->earlyHints("</a>\r\nX: y"));
    $app->map(['GET'], '/notes/{id}', [Notes::class, 'show'])->name('notes.show');
    exit($app->run([$argv[0]]));
    PHP, [$file]);
$c = new HttpClient($server->port);
$get = fn (string $path, array $headers = []) => $c->request('GET', $path, '', $headers);

$whole = $get('/file');
check('a file', [$whole->status, strlen($whole->body), $whole->header('accept-ranges'), $whole->header('content-type')], [200, 26, 'bytes', 'text/plain; charset=utf-8']);
$part = $get('/file', ['Range' => 'bytes=2-4']);
check('a range', [$part->status, $part->body, $part->header('content-range')], [206, 'cde', 'bytes 2-4/26']);
check('the end', $get('/file', ['Range' => 'bytes=-2'])->body, 'yz');
$several = $get('/file', ['Range' => 'bytes=0-0,25-25']);
check('several ranges', [$several->status, str_starts_with($several->header('content-type'), 'multipart/byteranges'), substr_count($several->body, 'Content-Range:')], [206, true, 2]);
check('a range that there is not', [$get('/file', ['Range' => 'bytes=90-'])->status, $get('/file', ['Range' => 'bytes=90-'])->header('content-range')], [416, 'bytes */26']);
check('unchanged', [$get('/file', ['If-None-Match' => $whole->header('etag')])->status, $get('/file', ['If-None-Match' => '"x"'])->status], [304, 200]);
check('a part of what it was', $get('/file', ['Range' => 'bytes=0-1', 'If-Range' => '"x"'])->status, 200);
$c->send('HEAD', '/file');
$head = $c->receive('HEAD');
check('HEAD', [$head->status, $head->header('content-length')], [200, '26']);
check('a download', $get('/save')->header('content-disposition'), 'attachment; filename="letters.txt"');
$named = $get('/named');
check('its own name, type and cookie', [$named->header('content-type'), $named->header('content-disposition'), $named->header('set-cookie')], ['text/x-own', "attachment; filename=\"Gr____e _1_.txt\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%221%22.txt", 'a=b; path=/; HttpOnly; SameSite=Lax']);
check('any response as a download', [$get('/report')->header('content-disposition'), $get('/report')->body], ["attachment; filename=\"a_b.csv\"; filename*=UTF-8''a%2Fb.csv", 'a;b']);
check('no file', $get('/missing')->status, 500);

check('JSON where nothing is said', [$get('/list')->header('content-type'), $get('/list')->header('vary'), $get('/list', ['Accept' => 'application/json, application/msgpack;q=0.5'])->header('content-type')], ['application/json', 'Accept', 'application/json']);
$packed = $get('/data', ['Accept' => 'application/msgpack']);
check('MessagePack', [$packed->header('content-type'), bin2hex($packed->body)], ['application/msgpack', '87' . 'a161' . '99' . '01' . 'ff' . 'ccc8' . 'ce00011170' . 'cf000000012a05f200' . 'd1ff38' . 'd2ffff63c0' . 'd3ffffffff4d2fa200' . 'd38000000000000000' . 'a162' . 'cb3ff8000000000000' . 'a163' . 'c0' . 'a164' . '92c3c2' . 'a165' . '81a6616d6f756e7407' . 'a166' . 'c401ff' . '03' . 'a2c3bc']);
check('by another name', substr(bin2hex($get('/list', ['Accept' => 'application/x-msgpack'])->body), 0, 8), 'dc001401');
check('said so', [$get('/packed')->status, bin2hex(substr($get('/packed')->body, 0, 6))], [201, '81a16bda012c']);
check('too deep', $get('/deep')->status, 500);

check('to a name', [$get('/old/5')->status, $get('/old/5')->header('location')], [301, '/notes/5?q=a%20b']);
check('to no name', $get('/nowhere')->status, 500);
check('addresses', $get('/urls')->body, '["/hi/%C3%A4%2Fb","/admin/users?page=2&all=1"]');
$host = "127.0.0.1:{$server->port}";
check('back', [$get('/back', ['Referer' => "http://{$host}/x?y=1"])->header('location'), $get('/back')->header('location'), $get('/back', ['Referer' => 'http://evil.example/x'])->header('location'), $get('/back', ['Referer' => "http://{$host}//evil.example"])->header('location')], ['/x?y=1', '/home', '/home', '/home']);

$c->send('GET', '/hints');
$early = $c->receiveAny();
check('early hints', [$early->status, $early->header('link')], [103, '</app.css>; rel=preload; as=style, </app.js>; rel=preload; as=script']);
check('and the answer', $c->receiveAny()->body, '[true]');
check('no header by a hint', $get('/badhint')->status, 500);
check('alive', $server->stop(), 0);
--EXPECT--
ok: a file
ok: a range
ok: the end
ok: several ranges
ok: a range that there is not
ok: unchanged
ok: a part of what it was
ok: HEAD
ok: a download
ok: its own name, type and cookie
ok: any response as a download
ok: no file
ok: JSON where nothing is said
ok: MessagePack
ok: by another name
ok: said so
ok: too deep
ok: to a name
ok: to no name
ok: addresses
ok: back
ok: early hints
ok: and the answer
ok: no header by a hint
ok: alive
