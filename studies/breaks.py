"""One line of the program for each promise: what keeps it, what it is changed into, and the test that must see that."""
# ruff: noqa: E501 - a row for each

from dataclasses import dataclass

SECURITY, DISCLOSURE, LAUNCH = "server/security.py", "disclosure.py", "server/launch.py"
ANSWER = "server/answering.py"
DICOM, ARCHIVE, NIFTI, WFDB = "readers/dicom_image.py", "readers/archive.py", "readers/nifti_cine.py", "readers/wfdb.py"
LEADS, CINE, STATE, RUN = "prepare/leads.py", "prepare/cine.py", "state.py", "run.py"
DOORS = "attacks/test_doors.py::test_every_route_and_verb_stands_behind_every_door"
KEPT_WHOLE = (
    "faults/test_faults.py::test_killed_at_a_named_point_the_run_is_whole_and_the_same_command_ends_as_unbroken"
)


@dataclass(frozen=True, slots=True)
class Break:
    """One change of one file of the package, and a test (of the folder tests) that must see it."""

    promise: str
    guard: str
    file: str
    before: str
    after: str
    test: str


ASKING = """FORMAT = 1
import contextlib, socket
with contextlib.suppress(OSError):
    socket.getaddrinfo("example.org", 80)"""


# fmt: off
_DOORS = (
    ("D1", "only loopback", LAUNCH, "if not loopback:", "if False:",
     "test_server.py::test_only_loopback_is_served"),
    ("D2", "the cookie is of this key", SECURITY, "morsel is not None and", "morsel is not None or",
     "attacks/test_security.py::test_the_cookie_of_another_server_opens_nothing"),
    ("D2", "the cookie is strict", SECURITY, 'samesite="strict"', 'samesite="lax"',
     "test_server.py::test_the_launch_link_leads_to_the_page_with_a_strict_cookie"),
    ("D2", "the key is its owner's alone", SECURITY, "0o600", "0o644",
     "test_server.py::test_a_key_is_made_once_for_its_owner_alone"),
    ("D3", "401 without it", SECURITY, "not in OPEN_PATHS and not self._has_cookie(headers)", "is None",
     "attacks/test_doors.py::test_no_route_and_no_verb_is_answered_without_the_cookie"),
    ("D4", "Host", SECURITY, "not in (*LOOPBACK, *self.allowed_hosts)", "is None", DOORS),
    ("D5", "Origin", SECURITY, "not in SAFE_METHODS and not _same_origin(headers)", "is None", DOORS),
    ("D6", "policy of content", SECURITY, "default-src 'self'", "default-src *",
     "test_server.py::test_every_answer_carries_the_headers_that_keep_the_page_to_itself"),
    ("D7", "no path of this machine", "server/app.py", "text.replace(str(workspace.path), workspace.name)", "text",
     "test_server.py::test_a_path_of_this_machine_does_not_reach_the_page"),
    ("D8", "a body is capped", "server/wire.py", "if len(body) > most:", "if False:",
     "attacks/test_security.py::test_a_body_that_does_not_say_its_length_is_cut_at_the_cap"),
    ("D8", "no packed body", SECURITY, '!= "identity":', '== "x":',
     "attacks/test_security.py::test_a_body_that_would_unpack_to_more_is_refused"),
    ("D9", "nobody holds the server", ANSWER, "app, log_level", "app, limit_concurrency=50, log_level",
     "attacks/test_doors.py::test_two_hundred_half_sent_requests_do_not_stop_a_new_client"),
    ("D10", "a line has an end", "server/pool.py", "if not self._places.acquire(blocking=False):", "if False:",
     "test_server.py::test_a_full_pool_says_when_to_come_back"),
    ("D10", "a time budget", "server/budget.py", "late = True", "pass",
     "faults/test_budget.py::test_what_takes_too_long_is_answered_in_time_with_a_code_and_only_once"),
    ("D11", "every verb", SECURITY, '"OPTIONS")', '"OPTIONS", "DELETE")', DOORS),
    ("D12", "nothing is asked of the network", "workspace.py", "FORMAT = 1", ASKING,
     "attacks/test_loopback_alone.py::test_no_verb_and_no_server_connects_or_looks_anything_up_but_loopback"),
)
_BAD_INPUT = (
    ("B1", "no deflated DICOM", DICOM, "syntax in (None, DEFLATED)", "syntax is None",
     "attacks/test_ingest_damaged.py::test_a_deflated_dicom_is_refused_before_it_is_inflated"),
    ("B1", "no gzip beyond its header", NIFTI, ".decompress(data, most)", ".decompress(data)",
     "attacks/test_ingest_damaged.py::test_a_gzip_bomb_is_inflated_no_further_than_its_header_says"),
    ("B1", "no zip bomb", ARCHIVE, "if info.file_size > max(SMALL, PACKED * info.compress_size):", "if False:",
     "attacks/test_ingest_damaged.py::test_a_zip_bomb_and_a_locked_zip_are_refused_unopened"),
    ("B2", "a WFDB header that lies", WFDB, "or samples * n_signals * 4 > MAX_BYTES", "",
     "test_readers_wfdb.py::test_a_lying_header_is_refused_by_name"),
    ("B2", "a NIfTI header that lies", NIFTI, "or sizes[3] > MAX_IMAGES", "",
     "attacks/test_ingest_damaged.py::test_a_nifti_header_that_lies_is_refused"),
    ("B3", "a cut signal file", WFDB, "if size < needed or", "if",
     "test_readers_wfdb.py::test_a_signal_file_cut_anywhere_is_refused"),
    ("B4", "deep nesting", "server/wire.py", "except (ValueError, RecursionError)", "except ValueError",
     "attacks/test_doors.py::test_nonsense_is_refused_with_a_code_or_answered_and_never_a_defect"),
    ("B5", "no entities", "readers/cardiosoft.py", "forbid_dtd=True", "forbid_dtd=False, forbid_entities=False",
     "test_readers_cardiosoft.py::test_deep_nesting_and_a_billion_laughs_are_refused"),
    ("B6", "no file of another folder", WFDB, 'if Path(match["file"]).name != match["file"]:', "if False:",
     "test_readers_wfdb.py::test_a_lying_header_is_refused_by_name"),
    ("B7", "no pickle", "codec.py", "import numpy as np", "import pickle\nimport numpy as np",
     "test_house.py::test_nothing_is_ever_pickled"),
    ("B8", "a name has an end", STATE, "if not 0 < len(kept) <= MAX_NAME:", "if not kept:",
     "test_state.py::test_a_name_is_asked_for"),
    ("B8", "a name breaks no table", "comparison/text.py", "map(escape, cell)", "cell",
     "test_disclosure.py::test_a_name_can_break_neither_table_nor_spreadsheet"),
    ("B9", "no formula in CSV", "comparison/text.py", 'return f"\'{value}"', "return value",
     "test_disclosure.py::test_a_name_can_break_neither_table_nor_spreadsheet"),
    ("B9", "what files say is text", "ingest/page.py", "escape(e.reason)", "e.reason",
     "test_ingest_preview.py::test_what_files_say_is_text_on_the_page_and_many_lines_are_cut_off"),
    ("B10", "ids as floats", "ingest/match.py", "return [cell and cell[:-2] for cell in cells]", "return [*cells]",
     "test_ingest.py::test_ids_that_a_program_wrote_as_floats_lose_the_point"),
    ("B11", "UTF-16", "readers/table.py", 'if data.startswith((b"\\xff\\xfe", b"\\xfe\\xff")):', "if False:",
     "test_readers_table.py::test_every_encoding_gives_the_same_letters"),
    ("B11", "line ends", "readers/table.py", 'data.decode("utf-8-sig"), []', 'data.decode("utf-8-sig").replace("\\r", ""), []',
     "test_readers_table.py::test_every_line_end_is_a_line_end"),
    ("B12", "a long row", "readers/table.py", "if not surplus:", "if True:",
     "test_readers_table.py::test_a_short_row_is_filled_and_a_long_one_is_left_out_and_both_are_said"),
    ("B12", "an unclosed quote", "readers/table.py", "delimiter=delimiter, strict=True)), []", "delimiter=delimiter)), []",
     "test_readers_table.py::test_an_unclosed_quote_loses_its_own_row_only"),
    ("B13", "a row twice", "ingest/match.py", "elif (subject, visit) in matched:", "elif False:",
     "test_ingest.py::test_each_trouble_is_one_line_of_the_report"),
    ("B14", "a missing modality", "ingest/verb.py", "m.name in own for own in arrays", "True for own in arrays",
     "test_ingest.py::test_a_person_without_a_modality_is_kept_with_the_others"),
    ("B15", "a flat lead", LEADS, "if high - low < FLAT_MV:", "if False:",
     "test_prepare_leads.py::test_each_fault_of_a_lead_is_named_and_a_sound_lead_has_none"),
    ("B15", "exchanged leads", LEADS, "residual = three - (two - one)", "residual = three - three",
     "test_prepare_leads.py::test_a_residual_says_that_leads_were_exchanged"),
    ("B16", "a unit that is not said", "readers/ecgdatakit.py", "if unit not in MILLIVOLTS or not", "if not",
     "test_readers_ecgdatakit.py::test_a_unit_is_never_assumed"),
    ("B16", "times of no beat", CINE, "if (np.diff(times) <= 0).any() or", "if",
     "test_prepare_cine.py::test_what_is_no_cine_is_refused_with_its_reason"),
    ("B17", "no text of a cell", "ingest/cells.py", '"text where a number was declared"', "cell",
     "test_ingest.py::test_names_and_undeclared_texts_are_found_nowhere_in_the_workspace"),
    ("B18", "no array of another file", "ingest/networks.py", "if not names_other_files(model):", "if True:",
     "test_brought_networks.py::test_networks_that_cannot_be_used_are_refused_before_anything_is_written"),
    ("B18", "no array of another HDF5 file", "readers/h5ad.py", "if isinstance(kept, h5py.HardLink) else None", "if kept is not None else None",
     "test_brought.py::test_an_array_that_lies_in_another_file_is_refused"),
    ("B18", "no wrong shape", "ingest/networks.py", "if [each.name for each in inputs] != [wanted]:", "if False:",
     "test_brought_networks.py::test_networks_that_cannot_be_used_are_refused_before_anything_is_written"),
    ("B19", "malformed safetensors", "readers/vectors.py", "except (SafetensorError, OSError, TypeError, ValueError)", "except OSError",
     "test_brought.py::test_every_wrong_file_is_refused_in_one_line"),
    ("B20", "a polygon of another run", "explorer/rows.py", "if run != self.run.name:", "if False:",
     "test_explorer.py::test_a_polygon_of_another_run_is_refused"),
    ("B21", "nonsense has a code", "server/app.py", "api.add_exception_handler(LatentSpaceError, _known)", "",
     "attacks/test_doors_drawn.py::test_a_request_that_is_drawn_from_the_document_meets_no_defect"),
)
_FAULTS = (
    ("F1", "what was read is kept", "ingest/kept.py", "yield from _unpacked(path)", "yield from ()",
     "faults/test_ingest_resumed.py::test_killed_at_a_named_point_the_same_command_ends_with_the_hashes_of_an_unbroken_run"),
    ("F2", "the order of a resumed run", "train/loop.py", "generator=state.generator, device=batch.person.device)\n    sums", "device=batch.person.device)\n    sums",
     "test_train.py::test_a_killed_and_resumed_run_equals_an_unbroken_one_bit_for_bit"),
    ("F3", "what comes is announced", RUN, 'if artifact in self.record.get("hashes", {}):', "if False:", KEPT_WHOLE),
    ("F4", "a save is one transaction", STATE, 'file.execute("BEGIN IMMEDIATE")', "pass",
     "test_state.py::test_a_change_that_is_killed_halfway_never_was"),
    ("F4", "a change is kept", STATE, "UPDATE groups SET name = ?, recipe = ?", "UPDATE groups SET name = name || substr(?, 99), recipe = ?",
     "faults/test_state_model.py::TestStore"),
    ("F5", "a full disk is said", "artifact.py", "except OSError as error:", "except ZeroDivisionError as error:",
     "faults/test_full_disk.py::test_a_verb_without_room_says_so_leaves_the_old_whole_and_works_when_there_is_room"),
    ("F6", "a flipped bit", "verify.py", "content_hash(path) == digest", "content_hash(path)",
     "faults/test_verify.py::test_a_flipped_bit_in_any_file_of_an_artifact_is_found"),
    ("F8", "one writer after another", "audit.py", "fcntl.flock(file, fcntl.LOCK_EX)", "pass",
     "test_audit.py::test_processes_that_write_at_once_make_one_chain"),
    ("F9", "what computes holds no end", ANSWER, "        _end_what_computes(sys.exc_info()[1])", "        pass",
     "test_launch.py::test_what_still_computes_does_not_hold_the_end"),
    ("F10", "a line for a hundred", "server/app.py", "waiting=128", "waiting=1",
     "faults/test_crowded.py::test_a_hundred_clients_at_once_are_all_answered"),
    ("F11", "others go on", ANSWER, "app, log_level", "app, limit_concurrency=10, log_level",
     "faults/test_crowded.py::test_twenty_who_do_not_read_what_they_asked_for_hold_up_nobody"),
    ("F13", "one class has no value", "scores/judged.py", "if np.ptp(ranked.truth) == 0:", "if False:",
     "test_score.py::test_where_nothing_can_be_said_there_is_no_value_but_a_reason"),
    ("F14", "what cannot be written is said", STATE, "except sqlite3.OperationalError", "except ZeroDivisionError",
     "test_state.py::test_a_read_only_workspace_is_read_and_says_what_to_do"),
    ("F15", "a clock that cannot be set", "progress.py", "= time.monotonic", "= time.time",
     "faults/test_clock.py::test_only_what_is_noted_for_people_asks_what_time_it_is"),
    ("F16", "set aside", STATE, "path.rename(aside)", "pass",
     "test_state.py::test_a_damaged_file_is_set_aside_and_said_once_and_then_all_goes_on"),
)
_PRIVACY = (
    ("P1", "small counts are hidden", DISCLOSURE, "if n is None or self.hides(n):", "if n is None:",
     "test_disclosure.py::test_small_counts_are_hidden_others_rounded_and_the_smallest_other_goes_along"),
    ("P2", "counts are rounded by a draw", DISCLOSURE, "value / step + drawn", "value / step + 0.5",
     "test_differencing.py::test_whoever_guesses_from_the_difference_is_little_better_than_chance"),
    ("P3", "nothing of a single person", "server/alone.py", '"row" not in request.query_params', "True",
     "attacks/test_alone.py::test_with_strict_no_answer_of_any_route_holds_anything_of_a_single_person"),
    ("P4", "dropping is limited", "server/own_routes.py", 'rate.take("own ECG")', "pass",
     "attacks/test_alone.py::test_an_own_recording_may_be_dropped_only_so_often_and_not_at_all_with_strict"),
    ("P5", "lines are bound", "audit.py", "if said != before:", "if False:",
     "test_audit.py::test_what_was_changed_is_found_at_its_line"),
    ("P5", "what cannot be noted is not answered", "server/audited.py", 'note(message["status"])', "pass",
     "test_audit.py::test_what_cannot_be_noted_is_not_answered"),
    ("P6", "nothing that git would commit", "target.py", "if _would_be_committed(into.absolute()):", "if False:",
     "test_ingest.py::test_what_cannot_be_done_is_refused_with_a_hint"),
    ("P7", "no seven digits", "simulate/phenotypes.py", 'f"S-{i:05d}"', 'f"{i:07d}"',
     "test_simulate_verb.py::test_ids_of_people_who_never_lived_are_no_seven_digits"),
)
# fmt: on
BREAKS = tuple(Break(*row) for row in (*_DOORS, *_BAD_INPUT, *_FAULTS, *_PRIVACY))
