"""The words of output languages that no name of a map can have there, a set a language."""

from __future__ import annotations

__all__ = ["RESERVED"]


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


RESERVED: dict[str, frozenset[str]] = {
    # ISO C11 and C23, and the words that C++ has besides.
    "c": _words(
        "alignas alignof and and_eq asm auto bitand bitor bool break case catch char class co_await co_return",
        "co_yield compl concept const const_cast consteval constexpr constinit continue decltype default delete do",
        "double dynamic_cast else enum explicit export extern false float for friend goto if inline int long",
        "mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public register",
        "reinterpret_cast requires restrict return short signed sizeof static static_assert static_cast struct",
        "switch template this thread_local throw true try typedef typeid typename typeof typeof_unqual union",
        "unsigned using virtual void volatile wchar_t while xor xor_eq",
    ),
    # The Rust reference: strict, reserved and weak keywords.
    "rust": _words(
        "Self abstract as async await become box break const continue crate do dyn else enum extern false final fn",
        "for gen if impl in let loop macro macro_rules match mod move mut override priv pub raw ref return self",
        "safe static struct super trait true try type typeof union unsafe unsized use virtual where while yield",
    ),
    # SystemRDL 2.0, 4.4 and annex D, and what its compiler has as words besides.
    "systemrdl": _words(
        "abstract accesstype addressingtype addrmap alias all alternate bit boolean bothedge byte compact",
        "component componentwidth constraint default encode enum external false field fullalign hw inside int",
        "internal level longint mem na negedge nonsticky number onreadtype onwritetype posedge precedencetype",
        "property r rclr real ref reg regalign regfile rset ruser rw rw1 shortint shortreal signal signed string",
        "struct sw this true type unsigned w w1 wclr with within woclr woset wot wr wset wuser wzc wzs wzt",
    ),
    # SystemRDL 2.0, 5 to 13: the properties that are built in.
    "systemrdl_properties": _words(
        "accesswidth activehigh activelow addressing alignment anded async bigendian bridge counter cpuif_reset",
        "decr decrsaturate decrthreshold decrvalue decrwidth desc dontcompare donttest enable encode errextbus",
        "field_reset fieldwidth haltenable haltmask hdl_path hdl_path_gate hdl_path_gate_slice hdl_path_slice hw",
        "hwclr hwenable hwmask hwset incr incrsaturate incrthreshold incrvalue incrwidth intr intr_type ispresent",
        "littleendian lsb0 mask mementries memwidth msb0 name next onread onwrite ored overflow paritycheck",
        "precedence rclr regwidth reset resetsignal rset rsvdset rsvdsetX saturate shared sharedextbus signalwidth",
        "singlepulse sticky stickybit sw swacc swmod swwe swwel sync threshold underflow we wel woclr woset xored",
    ),
    # IEEE 1800-2017, annex B.
    "systemverilog": _words(
        "accept_on alias always always_comb always_ff always_latch and assert assign assume automatic before begin",
        "bind bins binsof bit break buf bufif0 bufif1 byte case casex casez cell chandle checker class clocking",
        "cmos config const constraint context continue cover covergroup coverpoint cross deassign default defparam",
        "design disable dist do edge else end endcase endchecker endclass endclocking endconfig endfunction",
        "endgenerate endgroup endinterface endmodule endpackage endprimitive endprogram endproperty endspecify",
        "endsequence endtable endtask enum event eventually expect export extends extern final first_match for",
        "force foreach forever fork forkjoin function generate genvar global highz0 highz1 if iff ifnone",
        "ignore_bins illegal_bins implements implies import incdir include initial inout input inside instance int",
        "integer interconnect interface intersect join join_any join_none large let liblist library local",
        "localparam logic longint macromodule matches medium modport module nand negedge nettype new nexttime nmos",
        "nor noshowcancelled not notif0 notif1 null or output package packed parameter pmos posedge primitive",
        "priority program property protected pull0 pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent",
        "pure rand randc randcase randsequence rcmos real realtime ref reg reject_on release repeat restrict",
        "return rnmos rpmos rtran rtranif0 rtranif1 s_always s_eventually s_nexttime s_until s_until_with scalared",
        "sequence shortint shortreal showcancelled signed small soft solve specify specparam static string strong",
        "strong0 strong1 struct super supply0 supply1 sync_accept_on sync_reject_on table tagged task this",
        "throughout time timeprecision timeunit tran tranif0 tranif1 tri tri0 tri1 triand trior trireg type",
        "typedef union unique unique0 unsigned until until_with untyped use uwire var vectored virtual void wait",
        "wait_order wand weak weak0 weak1 while wildcard wire with within wor xnor xor",
    ),
    # UVM 1.2: what a register or a block has from its base classes.
    "uvm": _words(
        "add_block add_callback add_coverage add_hdl_path add_hdl_path_slice add_map add_mem add_reg add_vreg",
        "backdoor backdoor_read backdoor_read_func backdoor_watch backdoor_write begin_tr body build",
        "build_coverage cg_vals check_data_width clear_hdl_path clone compare configure convert2string copy create",
        "create_map decode default_map default_path delete_callback display do_bus_read do_bus_write do_check",
        "do_compare do_copy do_pack do_predict do_print do_read do_record do_unpack do_write find_block",
        "find_blocks get get_access get_addr get_address get_addresses get_adjacent_fields get_backdoor",
        "get_block_by_name get_blocks get_coverage get_default_path get_default_map get_depth get_field_by_name",
        "get_fields get_frontdoor get_full_hdl_path get_full_name get_hdl_path get_hdl_path_kinds get_inst_count",
        "get_inst_id get_local_map get_map_by_name get_maps get_max_size get_mem_by_name get_memories",
        "get_mirrored_value get_n_bits get_n_bytes get_name get_object_type get_offset get_parent get_reg_by_name",
        "get_registers get_reset get_rights get_root_blocks get_type get_type_name get_uvm_seeding",
        "get_virtual_fields get_virtual_registers get_vreg_by_name has_coverage has_hdl_path has_reset",
        "include_coverage is_busy is_hdl_path_root is_in_map is_locked lock_model mem_by_name mirror needs_update",
        "new pack peek poke post_randomize post_read post_write pre_randomize pre_read pre_write predict print",
        "randomize read record reg_by_name reseed reset sample sample_values set set_backdoor set_coverage",
        "set_default_hdl_path set_default_map set_frontdoor set_hdl_path_root set_lock set_name set_offset",
        "set_parent set_reset set_uvm_seeding sprint srandom type_id type_name unpack update use_uvm_seeding write",
    ),
    # IEEE 1076-2008, 15.10, and the types of its standard packages that a package of constants uses.
    "vhdl": _words(
        "abs access after alias all and architecture array assert assume assume_guarantee attribute begin block",
        "body buffer bus case component configuration constant context cover default disconnect downto else elsif",
        "end entity exit fairness file for force function generate generic group guarded if impure in inertial",
        "inout is label library linkage literal loop map mod nand new next nor not null of on open or others out",
        "package parameter port postponed procedure process property protected pure range record register reject",
        "release rem report restrict restrict_guarantee return rol ror select sequence severity shared signal sla",
        "sll sra srl strong subtype then to transport type unaffected units until use variable vmode vprop vunit",
        "wait when while with xnor xor bit bit_vector boolean character ieee integer natural positive real std",
        "std_logic std_logic_1164 std_logic_vector std_ulogic string time unsigned work",
    ),
}
"""By the names of the output languages; VHDL's in small letters, for it has no case."""
