<?php
// $request->cookie: parsing and decoding.

require __DIR__ . '/../support/http.php';

serve([], function ($request, $response) {
    echo json_encode($request->cookie), ' ', json_encode($request->header['cookie'] ?? null), "\n";
    $response->end();
}, function (Client $c) {
    foreach (['a=1', 'a=1; b=2', 'a=1;b=2;', 'a=%20x%26; b=c+d', 'a="quoted"', 'a[]=1; a[]=2', 'a.b=1', 'novalue; x=1', 'a=1; a=2', '=x; y=',
        'k=v=w', ' lead=1', str_repeat('n', 130) . '=long'] as $cookie) {
        $c->request('GET /', ["Cookie: $cookie"]);
    }
    $c->request('GET /', ['Cookie: a=1', 'Cookie: b=2']);
    $c->request('GET /');
});
